-- use: _mailbox _log _ready
-- Invariant: all that a customer brought into a merge leaves the kept thread in one step, and is kept in the record of
-- the undo until it is back in a thread of its own.
-- KEYS thread log events list ready state out_list out_ready out_state anger customer merges
-- ARGV plan_json expected_thread_json
local thread, log, events, list, ready, state, out_list, out_ready, out_state, anger, card, merges = unpack(KEYS)
local plan, expected = cjson.decode(ARGV[1]), cjson.decode(ARGV[2])
local customer, back = plan.customer, {}
local done = redis.call('HGET', merges, plan.merge)
if done then return {done == 'given up' and 'lost' or 'repeated', done} end
-- Since this was planned they may have gone with somebody else, or come back by another merge.
local record = redis.call('HGET', merges, plan.undone)
if not record or string.find(record, '"undone"', 1, true) then return {'lost', ''} end
if redis.call('HEXISTS', thread, 'has:' .. plan.merged) == 0 then return {'lost', ''} end
if redis.call('HGET', thread, 'merging') ~= plan.merge then return {'lost', ''} end
for field, value in pairs(expected) do
  if (redis.call('HGET', thread, field) or '') ~= value then return {'changed', ''} end
end

local leaving, last = {}, '-'
while true do
  local found = redis.call('XRANGE', log, last, '+', 'COUNT', 500)
  local theirs = {}
  for _, entry in ipairs(found) do
    if entry[2][3] == 'o' and plan.origins[entry[2][4]] then
      leaving[entry[1]] = true
      theirs[#theirs + 1] = entry[1]
    end
    last = '(' .. entry[1]
  end
  if #theirs > 0 then redis.call('XDEL', log, unpack(theirs)) end
  if #found < 500 then break end
end

local function split(key, position)
  local gone = {}
  for _, item in ipairs(redis.call('LRANGE', key, 0, -1)) do
    if leaving[string.match(item, position)] then gone[#gone + 1] = item end
  end
  for _, item in ipairs(gone) do redis.call('LREM', key, 1, item) end
  return gone
end
back.items, back.deliveries, back.anger = split(list, '(%d+%-%d+)$'), split(out_list, '^%S+ (%d+%-%d+)'), split(anger, '^(%S+)')

for origin in pairs(plan.origins) do redis.call('HDEL', thread, 'has:' .. origin) end
for field, value in pairs(plan.thread) do redis.call('HSET', thread, field, value) end
for _, field in ipairs(plan.card) do redis.call('HDEL', card, field) end
if plan.wish == '' then redis.call('HDEL', card, 'preferred_channel')
else redis.call('HSET', card, 'preferred_channel', plan.wish) end
redis.call('XADD', events, '*', 'event', plan.event)
local marker = log_append(log, thread, events, customer, plan.message)
redis.call('HSET', thread, 'joined', marker)
for _, channel in ipairs(plan.announce) do
  mailbox_push(out_list, out_ready, out_state, customer, channel .. ' ' .. marker)
end
redis.call('HSET', merges, plan.undone, '{"undone":"' .. marker .. '",' .. string.sub(record, 2))
back.undone, back.facts = marker, plan.facts
local result = cjson.encode(back)
redis.call('HSET', merges, plan.merge, result)
ready_leave(ready, state, plan.group)
ready_join(list, ready, state, customer)
redis.call('PUBLISH', 'live', customer)
return {'expelled', result}
