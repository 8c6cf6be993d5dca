-- Invariant: every taking of a customer gets a higher token, so that a worker that was taken over can write nothing more.
-- KEYS list ready state   ARGV entry group
local list, ready, state = unpack(KEYS)
local entry, group = unpack(ARGV)
if redis.call('HGET', state, 'entry') ~= entry or redis.call('LLEN', list) == 0 then
  redis.call('XACK', ready, group, entry)
  redis.call('XDEL', ready, entry)
  if redis.call('HGET', state, 'entry') == entry then redis.call('HDEL', state, 'queued', 'entry') end
  return 0
end
return redis.call('HINCRBY', state, 'token', 1)
