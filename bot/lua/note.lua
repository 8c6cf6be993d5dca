-- use: _mailbox _log
-- Invariant: what needs no turn (an opt-out, a change of an earlier message) joins the thread once, together with what is
-- said to it. KEYS thread log seen events out_list out_ready out_state   ARGV customer id then pairs: message_json deliver
local thread, log, seen, events, list, ready, state = unpack(KEYS)
local customer, id = ARGV[1], ARGV[2]
local sealed, moved = unpack(redis.call('HMGET', thread, 'sealed', 'moved_to'))
if sealed then return {'sealed', sealed} end
if moved then return {'moved', moved} end
if redis.call('ZSCORE', seen, id) then return {'duplicate', ''} end
if redis.call('HSETNX', thread, 'owner', 'bot') == 1 then redis.call('HSET', thread, 'epoch', '1') end
local cursor
for index = 3, #ARGV, 2 do
  cursor = log_append(log, thread, events, customer, ARGV[index])
  local deliver = ARGV[index + 1]
  if deliver ~= '' then mailbox_push(list, ready, state, customer, deliver .. ' ' .. cursor) end
end
log_remember(seen, id, cursor)
redis.call('PUBLISH', 'live', customer)
return {'accepted', cursor}
