-- Invariant: all processes together take no more than each bucket gives; a token leaves every bucket or none.
-- KEYS buckets   ARGV for each bucket: tokens per second, most tokens   Returns the milliseconds to wait, 0 when taken.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local wait, left = 0, {}
for index, bucket in ipairs(KEYS) do
  local rate, most = tonumber(ARGV[index * 2 - 1]), tonumber(ARGV[index * 2])
  local held = redis.call('HMGET', bucket, 'tokens', 'at')
  local tokens = tonumber(held[1] or most) + (now - tonumber(held[2] or now)) / 1000 * rate
  left[index] = math.min(most, tokens)
  if left[index] < 1 then wait = math.max(wait, math.ceil((1 - left[index]) / rate * 1000)) end
end
if wait > 0 then return wait end
for index, bucket in ipairs(KEYS) do
  local rate, most = tonumber(ARGV[index * 2 - 1]), tonumber(ARGV[index * 2])
  redis.call('HSET', bucket, 'tokens', tostring(left[index] - 1), 'at', now)
  redis.call('PEXPIRE', bucket, math.ceil(most / rate * 1000) + 1000)
end
return 0
