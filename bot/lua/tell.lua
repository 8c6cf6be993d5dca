-- use: _mailbox _log
-- Invariant: what the customer is told outside of a turn joins the log once, together with its deliveries.
-- KEYS thread log seen events out_list out_ready out_state   ARGV customer home message_id message_json channel ...
local thread, log, seen, events, list, ready, state = unpack(KEYS)
local customer, home, id, message = unpack(ARGV)
local sealed, moved = unpack(redis.call('HMGET', thread, 'sealed', 'moved_to'))
if sealed then return {'sealed', sealed} end
if moved then return {'moved', moved} end
if home ~= customer and redis.call('HEXISTS', thread, 'has:' .. home) == 0 then return {'apart', ''} end
local at = redis.call('ZSCORE', seen, id)
if at then return {'duplicate', at .. '-0'} end
local cursor = log_append(log, thread, events, customer, message)
log_remember(seen, id, cursor)
for at = 5, #ARGV do mailbox_push(list, ready, state, customer, ARGV[at] .. ' ' .. cursor) end
redis.call('PUBLISH', 'live', customer)
return {'told', cursor}
