-- use: _mailbox _log _ready _cursor _records
-- Invariant: to everybody the two threads become one in this step: log, owner, tickets, card, what waits, and the event.
-- It happens once per merge. Afterwards the mailbox rests until `release`, so that Rasa's memory can follow first.
-- KEYS thread log events list ready state out_list out_ready out_state anger customer merges next progress
--   deliveries sent dead
-- ARGV plan_json expected_thread_json
local thread, log, events, list, ready, state, out_list, out_ready, out_state, anger, card, merges, next, progress,
  deliveries, sent, dead = unpack(KEYS)
local plan, expected = cjson.decode(ARGV[1]), cjson.decode(ARGV[2])
local merge, customer = plan.merge, plan.customer
local known = redis.call('HGET', merges, merge)
if known then return {known == 'given up' and 'lost' or 'repeated'} end
if redis.call('HGET', thread, 'merging') ~= merge then return {'lost'} end
for field, value in pairs(expected) do
  if (redis.call('HGET', thread, field) or '') ~= value then return {'changed'} end
end

if redis.call('EXISTS', next) == 1 then
  local tail = redis.call('XRANGE', log, '(' .. redis.call('HGET', progress, 'woven'), '+', 'COUNT', 500)
  for _, entry in ipairs(tail) do redis.call('XADD', next, entry[1], unpack(entry[2])) end
  if #tail == 500 then
    redis.call('HSET', progress, 'woven', tail[500][1])
    return {'behind'}
  end
  redis.call('RENAME', next, log)
end

-- Items of the mailbox end in the cursor that they are about; those of the outbox have it behind the channel.
local function placed(item, pattern)
  local head, cursor, rest = string.match(item, pattern)
  local place = cursor and redis.call('HGET', progress, 'at ' .. cursor)
  return place and head .. place .. rest or item
end
local WAITS, GOES_OUT, WHOLE = '^(.* )(%d+%-%d+)(.*)$', '^(%S+ )(%d+%-%d+)(.*)$', '^(%s*)(%d+%-%d+)(.*)$'

local readings = plan.anger
for at, reading in ipairs(readings) do readings[at] = placed(reading, WHOLE) end
for _, reading in ipairs(redis.call('LRANGE', anger, 0, -1)) do
  if cursor_before(plan.settled, string.match(reading, '^%S+')) then readings[#readings + 1] = reading end
end
table.sort(readings, function(a, b) return cursor_before(string.match(a, '^%S+'), string.match(b, '^%S+')) end)
redis.call('DEL', anger)
for _, reading in ipairs(readings) do redis.call('RPUSH', anger, reading) end

for field, value in pairs(plan.thread) do redis.call('HSET', thread, field, value) end
redis.call('HSET', thread, 'has:' .. plan.merged, '1')
for field, value in pairs(plan.card) do redis.call('HSET', card, field, value) end
redis.call('XADD', events, '*', 'event', plan.event)
local marker = log_append(log, thread, events, customer, plan.message)
redis.call('HSET', thread, 'joined', marker)
records_bring(merges, plan.records)
redis.call('HSET', merges, merge, '{"marker":"' .. marker .. '",' .. string.sub(plan.record, 2))

for cursor, told in pairs(plan.told) do redis.call('HSET', deliveries, placed(cursor, WHOLE), told) end
for cursor, fate in pairs(plan.dead) do redis.call('HSET', dead, placed(cursor, WHOLE), fate) end
for cursor, at in pairs(plan.sent) do redis.call('ZADD', sent, at, placed(cursor, WHOLE)) end

ready_leave(ready, state, plan.group)
redis.call('HSET', state, 'queued', '1', 'rests', merge)
for _, item in ipairs(plan.items) do redis.call('RPUSH', list, placed(item, WAITS)) end
for _, item in ipairs(plan.deliveries) do mailbox_push(out_list, out_ready, out_state, customer, placed(item, GOES_OUT)) end
for _, channel in ipairs(plan.announce) do
  mailbox_push(out_list, out_ready, out_state, customer, channel .. ' ' .. marker)
end
redis.call('PUBLISH', 'live', customer)
return {'adopted', marker}
