-- use: _log
-- Invariant: a change of a message joins the log once, together with how that message reads from now on. It is made from
-- how the message read before (`expected`), so that of two changes at once none is lost.
-- KEYS thread log seen events changes   ARGV customer home change_id change_json message_id expected state
local thread, log, seen, events, changes = unpack(KEYS)
local customer, home, id, change, of, expected, state = unpack(ARGV)
local sealed, moved = unpack(redis.call('HMGET', thread, 'sealed', 'moved_to'))
if sealed then return {'sealed', sealed} end
if moved then return {'moved', moved} end
if home ~= customer and redis.call('HEXISTS', thread, 'has:' .. home) == 0 then return {'apart', ''} end
if redis.call('ZSCORE', seen, id) then return {'duplicate', ''} end
if (redis.call('HGET', changes, of) or '') ~= expected then return {'behind', ''} end
local cursor = log_append(log, thread, events, customer, change)
log_remember(seen, id, cursor)
redis.call('HSET', changes, of, state)
redis.call('PUBLISH', 'live', customer)
return {'changed', cursor}
