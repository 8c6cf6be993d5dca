-- Invariant: who leaves the ready stream has no valid lease any more; who joins it is on it once.
local function ready_leave(ready, state, group)
  local entry = redis.call('HGET', state, 'entry')
  if entry then
    redis.call('XACK', ready, group, entry)
    redis.call('XDEL', ready, entry)
  end
  redis.call('HDEL', state, 'queued', 'entry')
  redis.call('HINCRBY', state, 'token', 1)
end

local function ready_join(list, ready, state, customer)
  if redis.call('LLEN', list) > 0 and redis.call('HSETNX', state, 'queued', '1') == 1 then
    redis.call('HSET', state, 'entry', redis.call('XADD', ready, '*', 'customer', customer))
  end
end
