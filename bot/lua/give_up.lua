-- Invariant: a merge is either seen by everybody or can never be any more; whoever comes late with it finds it given up.
-- KEYS thread merges of the kept customer   ARGV merge
local known = redis.call('HGET', KEYS[2], ARGV[1])
if known and known ~= 'given up' then return 0 end
redis.call('HSET', KEYS[2], ARGV[1], 'given up')
if redis.call('HGET', KEYS[1], 'merging') == ARGV[1] then redis.call('HDEL', KEYS[1], 'merging') end
return 1
