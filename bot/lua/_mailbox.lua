-- Invariant: a customer is on the ready stream at most once, and is on it whenever their list holds an item.
local function mailbox_push(list, ready, state, customer, item)
  redis.call('RPUSH', list, item)
  if redis.call('HSETNX', state, 'queued', '1') == 1 then
    local entry = redis.call('XADD', ready, '*', 'customer', customer)
    redis.call('HSET', state, 'entry', entry)
  end
end

-- Removes the head; when it was the last one the customer leaves the ready stream in the same step.
local function mailbox_pop(list, ready, state, group)
  redis.call('LPOP', list)
  if redis.call('LLEN', list) > 0 then return 'more' end
  local entry = redis.call('HGET', state, 'entry')
  if entry then
    redis.call('XACK', ready, group, entry)
    redis.call('XDEL', ready, entry)
  end
  redis.call('HDEL', state, 'queued', 'entry')
  return 'retired'
end
