-- Invariant: a file that is due is given to one fetcher at a time, and to another one if that one dies.
-- KEYS due   ARGV claim_seconds   Returns its id, or nothing.
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local id = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', string.format('%.6f', now), 'LIMIT', 0, 1)[1]
if id then redis.call('ZADD', KEYS[1], string.format('%.6f', now + tonumber(ARGV[1])), id) end
return id
