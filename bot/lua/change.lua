-- use: _mailbox _log
-- Invariant: a change of a message joins the log once, together with how that message reads from now on. It is made from
-- how the message read before (`expected`), so that of two changes at once none is lost. The mailbox hears of it, as what
-- was understood of the former words holds no more.
-- KEYS thread log seen events changes list ready state
-- ARGV customer home change_id change_json message_id expected reads_now item
local thread, log, seen, events, changes, list, ready, state = unpack(KEYS)
local customer, home, id, change, of, expected, reads_now, item = unpack(ARGV)
local sealed, moved = unpack(redis.call('HMGET', thread, 'sealed', 'moved_to'))
if sealed then return {'sealed', sealed} end
if moved then return {'moved', moved} end
if home ~= customer and redis.call('HEXISTS', thread, 'has:' .. home) == 0 then return {'apart', ''} end
if redis.call('ZSCORE', seen, id) then return {'duplicate', ''} end
if (redis.call('HGET', changes, of) or '') ~= expected then return {'behind', ''} end
local cursor = log_append(log, thread, events, customer, change)
log_remember(seen, id, cursor)
redis.call('HSET', changes, of, reads_now)
mailbox_push(list, ready, state, customer, item)
redis.call('PUBLISH', 'live', customer)
return {'changed', cursor}
