-- use: _mailbox _log _records
-- Invariant: a customer who comes back opens their door together with all that is theirs.
-- KEYS thread log seen events list ready state out_list out_ready out_state anger merges returned customer
-- ARGV plan_json
local thread, log, seen, events, list, ready, state, out_list, out_ready, out_state, anger, merges, returned, card
  = unpack(KEYS)
local plan = cjson.decode(ARGV[1])
local customer = plan.customer
if redis.call('HGET', thread, 'sealed') ~= plan.merge then return 'lost' end
if redis.call('EXISTS', returned) == 1 then redis.call('RENAME', returned, log) end
-- Whoever read the common thread must find what comes now behind their cursor, also if the clocks differ.
if type(redis.pcall('XADD', log, plan.raised, 'm', '')) == 'string' then redis.call('XDEL', log, plan.raised) end
for field, value in pairs(plan.thread) do redis.call('HSET', thread, field, value) end
redis.call('HDEL', thread, 'moved_to', 'sealed', 'merging')
-- Whom they had brought in themselves may have left meanwhile.
for _, field in ipairs(redis.call('HKEYS', thread)) do
  if string.sub(field, 1, 4) == 'has:' then redis.call('HDEL', thread, field) end
end
for _, member in ipairs(plan.members) do redis.call('HSET', thread, 'has:' .. member, '1') end
local waiting = redis.call('LRANGE', list, 0, -1)
redis.call('DEL', list)
for _, item in ipairs(plan.items) do mailbox_push(list, ready, state, customer, item) end
for _, item in ipairs(waiting) do mailbox_push(list, ready, state, customer, item) end
for _, item in ipairs(plan.deliveries) do mailbox_push(out_list, out_ready, out_state, customer, item) end
for _, reading in ipairs(plan.anger) do redis.call('RPUSH', anger, reading) end
local marker = log_append(log, thread, events, customer, plan.message)
redis.call('HSET', thread, 'joined', marker)
-- An undo that was begun before there was such a list has none.
for _, channel in ipairs(plan.announce or {}) do
  mailbox_push(out_list, out_ready, out_state, customer, channel .. ' ' .. marker)
end
for field, value in pairs(plan.card) do redis.call('HSET', card, field, value) end
records_bring(merges, plan.records)
-- The record comes with the marker of the other thread; here this one counts.
redis.call('HSET', merges, plan.undone, (string.gsub(plan.record, '"undone":"[^"]*"', '"undone":"' .. marker .. '"')))
redis.call('HSET', merges, plan.merge, '{}')
redis.call('PUBLISH', 'live', customer)
return 'restored'
