-- Invariant: one process at a time holds the right to watch a mailbox, until it lets go or its time is over.
-- KEYS lease   ARGV token life_ms (0: let go)
local lease = KEYS[1]
local token, life = ARGV[1], tonumber(ARGV[2])
local holder = redis.call('GET', lease)
if holder and holder ~= token then return 0 end
if life == 0 then return redis.call('DEL', lease) end
redis.call('SET', lease, token, 'PX', life)
return 1
