-- Invariant: a code is taken by one address, once; it is of no use afterwards, and never to the side that asked for it.
-- KEYS link   ARGV party customer channel name life_ms
local link = KEYS[1]
local party, customer, channel, name, life = unpack(ARGV)
local state, asker = unpack(redis.call('HMGET', link, 'state', 'party'))
if state ~= 'open' or asker == party then return 0 end
redis.call('HSET', link, 'state', 'asked', 'their_party', party, 'their_customer', customer, 'their_channel', channel,
  'their_name', name)
redis.call('PEXPIRE', link, life)
return 1
