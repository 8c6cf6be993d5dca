-- Invariant: a turn is appended only to the version it was computed from.
-- KEYS head, turns. ARGV expected version, base (JSON), number of oldest turns to drop, events of the new turn (JSON).
local version = tonumber(redis.call('HGET', KEYS[1], 'version') or '0')
if version ~= tonumber(ARGV[1]) then return -1 end
redis.call('RPUSH', KEYS[2], ARGV[4])
if tonumber(ARGV[3]) > 0 then redis.call('LTRIM', KEYS[2], ARGV[3], -1) end
redis.call('HSET', KEYS[1], 'version', version + 1, 'base', ARGV[2])
return version + 1
