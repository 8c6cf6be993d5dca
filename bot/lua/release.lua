-- use: _ready
-- Invariant: a customer rests only while a merge works on them; who releases them twice changes nothing.
-- KEYS thread list ready state   ARGV merge customer
local thread, list, ready, state = unpack(KEYS)
local merge, customer = unpack(ARGV)
if redis.call('HGET', thread, 'merging') == merge then redis.call('HDEL', thread, 'merging') end
if redis.call('HGET', state, 'rests') == merge then
  redis.call('HDEL', state, 'rests', 'queued')
  ready_join(list, ready, state, customer)
end
return 1
