-- Invariant: only the worker that holds the outbox says how far a delivery has come.
-- KEYS state sending   ARGV token progress_json
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[2], ARGV[2])
return 1
