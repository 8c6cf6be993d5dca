-- use: _mailbox _delivery
-- Invariant: a delivery leaves the outbox together with the event that tells its fate; one that failed is a dead letter.
-- KEYS list ready state events thread sending deliveries sent dead   ARGV token group customer fate_json
local list, ready, state, events, thread, sending, deliveries, sent, dead = unpack(KEYS)
local token, group, customer = unpack(ARGV)
if redis.call('HGET', state, 'token') ~= token then return 'superseded' end
local fate = cjson.decode(ARGV[4])
if fate.cursor then
  redis.call('ZADD', sent, fate.at, fate.cursor)
  delivery_tell(thread, events, deliveries, customer, fate.cursor, fate)
  if fate.state == 'failed' then redis.call('HSET', dead, fate.cursor, ARGV[4]) end
  delivery_forget_old(deliveries, sent)
end
redis.call('DEL', sending)
return mailbox_pop(list, ready, state, group)
