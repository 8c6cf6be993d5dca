-- Invariant: every taking of a customer gets a higher token, so that a worker that was taken over can write nothing more.
-- A token is at least the time in microseconds: a replica that became master without having heard of the last one must not
-- give it again.
-- KEYS list ready state   ARGV entry group
local list, ready, state = unpack(KEYS)
local entry, group = unpack(ARGV)
if redis.call('HGET', state, 'entry') ~= entry or redis.call('LLEN', list) == 0 then
  redis.call('XACK', ready, group, entry)
  redis.call('XDEL', ready, entry)
  if redis.call('HGET', state, 'entry') == entry then redis.call('HDEL', state, 'queued', 'entry') end
  return 0
end
local time = redis.call('TIME')
local known = tonumber(redis.call('HGET', state, 'token') or '0')
local token = string.format('%.0f', math.max(known + 1, time[1] * 1000000 + time[2]))
redis.call('HSET', state, 'token', token)
return token
