-- use: _mailbox
-- Invariant: a message is a dead letter or in the outbox, never both and never twice.
-- KEYS dead deliveries list ready state   ARGV customer cursor   Returns whether there was a dead letter.
local dead, deliveries, list, ready, state = unpack(KEYS)
local customer, cursor = unpack(ARGV)
local raw = redis.call('HGET', dead, cursor)
if not raw then return 0 end
local fate = cjson.decode(raw)
redis.call('HDEL', dead, cursor)
redis.call('HDEL', deliveries, cursor)
mailbox_push(list, ready, state, customer, fate.wanted .. ':' .. fate.parts .. ' ' .. cursor)
return 1
