-- use: _mailbox _log
-- Invariant: a customer who comes back opens their door together with all that is theirs.
-- KEYS thread log seen events list ready state out_list out_ready out_state anger merges returned   ARGV plan_json
local thread, log, seen, events, list, ready, state, out_list, out_ready, out_state, anger, merges, returned = unpack(KEYS)
local plan = cjson.decode(ARGV[1])
local customer = plan.customer
if redis.call('HGET', thread, 'sealed') ~= plan.merge then return 'lost' end
if redis.call('EXISTS', returned) == 1 then redis.call('RENAME', returned, log) end
for field, value in pairs(plan.thread) do redis.call('HSET', thread, field, value) end
redis.call('HDEL', thread, 'moved_to', 'sealed', 'merging')
local waiting = redis.call('LRANGE', list, 0, -1)
redis.call('DEL', list)
for _, item in ipairs(plan.items) do mailbox_push(list, ready, state, customer, item) end
for _, item in ipairs(waiting) do mailbox_push(list, ready, state, customer, item) end
for _, item in ipairs(plan.deliveries) do mailbox_push(out_list, out_ready, out_state, customer, item) end
for _, reading in ipairs(plan.anger) do redis.call('RPUSH', anger, reading) end
local marker = log_append(log, thread, events, customer, plan.message)
redis.call('HSET', thread, 'joined', marker)
redis.call('HSET', merges, plan.undone, '{"undone":"' .. marker .. '",' .. string.sub(plan.record, 2))
redis.call('HSET', merges, plan.merge, '{}')
redis.call('PUBLISH', 'live', customer)
return 'restored'
