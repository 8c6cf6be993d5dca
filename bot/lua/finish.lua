-- use: _mailbox _log
-- Invariants: one item leaves the mailbox together with everything it caused, or nothing happens (lease token);
-- what was computed under an older epoch is dropped here (owner fence); an id in `once` takes effect once;
-- a thread that is being merged, or was, gains nothing any more: the item stays until it can follow.
-- what was computed for a message that reads otherwise by now is dropped, and its item stays to be done anew;
-- one message has one reading of its anger: a later one takes the place of what its former words gave.
-- KEYS thread log seen events list ready state out_list out_ready out_state anger changes   ARGV plan_json group
local thread, log, seen, events, list, ready, state, out_list, out_ready, out_state, anger, changes = unpack(KEYS)
local plan, group = cjson.decode(ARGV[1]), ARGV[2]
if redis.call('HGET', state, 'token') ~= plan.token then return {'superseded'} end
local sealed, moved = unpack(redis.call('HMGET', thread, 'sealed', 'moved_to'))
if sealed or (moved and not plan.forwarded) then return {'moved', 'kept'} end

if plan.reads then
  local reads = redis.call('HGET', changes, plan.reads[1])
  if (reads and cjson.decode(reads).times or 0) ~= plan.reads[2] then return {'changed', 'more'} end
end

local fresh = not (plan.once and redis.call('ZSCORE', seen, plan.once))
local epoch = tonumber(redis.call('HGET', thread, 'epoch') or '1')
local fenced = plan.epoch and plan.epoch ~= epoch
local cursors = {}
local function read_anew(now)
  local cursor = string.match(now, '^%S+ ')
  for at, reading in ipairs(redis.call('LRANGE', anger, 0, -1)) do
    if string.sub(reading, 1, #cursor) == cursor then
      redis.call('LSET', anger, at - 1, now)
      return true
    end
  end
end
if plan.anger_anew then read_anew(plan.anger_anew) end
if plan.anger and not read_anew(plan.anger) then
  redis.call('RPUSH', anger, plan.anger)
  redis.call('LTRIM', anger, -50, -1)
end
if fresh and not fenced then
  if plan.owner then
    epoch = epoch + 1
    redis.call('HSET', thread, 'owner', plan.owner, 'epoch', epoch)
  end
  -- Before the events when a ticket begins, after them when it ends: its own last messages still belong to it.
  for field, value in pairs(plan.set or {}) do redis.call('HSET', thread, field, value) end
  for _, event in ipairs(plan.events or {}) do redis.call('XADD', events, '*', 'event', event) end
  -- What the customer wrote since the ticket's packet was put together is in no packet and was told to nobody yet.
  if plan.told_until then
    for _, entry in ipairs(redis.call('XRANGE', log, '(' .. plan.told_until, '+')) do
      log_tell(events, plan.customer, plan.ticket, entry[1], entry[2][2])
    end
  end
  for _, message in ipairs(plan.messages or {}) do
    local cursor = log_append(log, thread, events, plan.customer, message)
    cursors[#cursors + 1] = cursor
    if plan.deliver then mailbox_push(out_list, out_ready, out_state, plan.customer, plan.deliver .. ' ' .. cursor) end
  end
  if plan.owner and plan.ticket and plan.ticket ~= '' then
    redis.call('XADD', events, '*', 'event', '{"type":"owner","customer_id":"' .. plan.customer .. '","ticket_ref":"' .. plan.ticket
      .. '","owner":"' .. plan.owner .. '","epoch":' .. epoch .. ',"command_id":"' .. (plan.command_id or '') .. '"}')
  end
  for field, value in pairs(plan.set_after or {}) do redis.call('HSET', thread, field, value) end
  if plan.once then
    local time = redis.call('TIME')
    redis.call('ZADD', seen, time[1] .. string.format('%03d', math.floor(time[2] / 1000)), plan.once)
  end
end
local left = 'kept'
if plan.pop then left = mailbox_pop(list, ready, state, group) end
redis.call('PUBLISH', 'live', plan.customer)
local outcome = fresh and (fenced and 'fenced' or 'done') or 'repeated'
return {outcome, left, unpack(cursors)}
