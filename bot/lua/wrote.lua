-- Invariant: the time of a customer's last message only goes forward, however late an old one is repeated.
-- KEYS customer   ARGV field milliseconds address
local known = redis.call('HGET', KEYS[1], ARGV[1])
if known and tonumber(string.match(known, '^%d+')) >= tonumber(ARGV[2]) then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2] .. ' ' .. ARGV[3])
return 1
