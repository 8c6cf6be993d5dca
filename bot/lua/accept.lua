-- use: _mailbox _log
-- Invariant: a message id is stored and queued once; what was answered "accepted" is both in the log and in the mailbox.
-- A thread that is being merged takes nothing (sealed); one that was merged says where it went (moved_to).
-- Who came by way of a merge that was undone meanwhile starts again at home (apart).
-- KEYS thread log seen events list ready state   ARGV customer home message_id message_json item_prefix channel
local thread, log, seen, events, list, ready, state = unpack(KEYS)
local customer, home, id, message, item_prefix, channel = unpack(ARGV)
local sealed, moved = unpack(redis.call('HMGET', thread, 'sealed', 'moved_to'))
if sealed then return {'sealed', sealed} end
if moved then return {'moved', moved} end
if home ~= customer and redis.call('HEXISTS', thread, 'has:' .. home) == 0 then return {'apart', ''} end
local at = redis.call('ZSCORE', seen, id)
if at then
  local needle = '"id":"' .. id .. '"'
  for _, entry in ipairs(redis.call('XRANGE', log, at, at)) do
    if string.find(entry[2][2], needle, 1, true) then return {'duplicate', entry[1]} end
  end
  return {'duplicate', at .. '-0'}
end
if redis.call('HSETNX', thread, 'owner', 'bot') == 1 then redis.call('HSET', thread, 'epoch', '1') end
local cursor = log_append(log, thread, events, customer, message)
redis.call('HSET', thread, 'channel', channel, 'active', cursor)
log_remember(seen, id, cursor)
mailbox_push(list, ready, state, customer, item_prefix .. cursor)
redis.call('PUBLISH', 'live', customer)
return {'accepted', cursor}
