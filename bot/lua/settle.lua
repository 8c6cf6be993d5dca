-- Invariant: the merged customer's door opens again only onto the thread that has all of theirs.
-- KEYS thread log seen anger merges mailbox_aside outbox_aside   ARGV merge customer kept_customer record_json
local thread, log, seen, anger, merges, mailbox_aside, outbox_aside = unpack(KEYS)
local merge, customer, kept, record = unpack(ARGV)
if redis.call('HGET', thread, 'sealed') ~= merge then return 0 end
redis.call('HSET', thread, 'moved_to', kept)
redis.call('HSET', merges, merge, record)
redis.call('DEL', log, seen, anger, mailbox_aside, outbox_aside)
redis.call('HDEL', thread, 'sealed', 'merging')
redis.call('PUBLISH', 'live', customer)
return 1
