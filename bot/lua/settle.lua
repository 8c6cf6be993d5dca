-- Invariant: the merged customer's door opens again only onto the thread that has all of theirs.
-- KEYS thread merges, then all that has moved   ARGV merge customer kept_customer record_json
local thread, merges = KEYS[1], KEYS[2]
local merge, customer, kept, record = unpack(ARGV)
if redis.call('HGET', thread, 'sealed') ~= merge then return 0 end
redis.call('HSET', thread, 'moved_to', kept)
redis.call('HSET', merges, merge, record)
for at = 3, #KEYS do redis.call('DEL', KEYS[at]) end
redis.call('HDEL', thread, 'sealed', 'merging')
redis.call('PUBLISH', 'live', customer)
return 1
