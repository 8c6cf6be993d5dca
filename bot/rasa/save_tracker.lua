-- Invariant: events are appended only to the version they were computed from.
-- KEYS head, events. ARGV expected version, base (JSON), number of oldest events to drop, new events (JSON) ...
local version = tonumber(redis.call('HGET', KEYS[1], 'version') or '0')
if version ~= tonumber(ARGV[1]) then return -1 end
for at = 4, #ARGV do redis.call('RPUSH', KEYS[2], ARGV[at]) end
if tonumber(ARGV[3]) > 0 then redis.call('LTRIM', KEYS[2], ARGV[3], -1) end
redis.call('HSET', KEYS[1], 'version', version + 1, 'base', ARGV[2])
return version + 1
