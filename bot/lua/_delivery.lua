-- Invariant: what is told of a delivery only goes forward (sent, delivered, seen); failed stands until it is tried again,
-- skipped for ever.
local delivery_rank = {sent = 1, delivered = 2, seen = 3, failed = 4, skipped = 4}
local delivery_kept = 300

-- Keeps the state and tells the desk, if it is news; returns whether it is.
local function delivery_tell(thread, events, deliveries, customer, cursor, told)
  local raw = redis.call('HGET', deliveries, cursor)
  local known = raw and cjson.decode(raw) or {}
  if known.state and delivery_rank[known.state] >= delivery_rank[told.state] then return false end
  if told.state == 'failed' and (known.state == 'delivered' or known.state == 'seen') then return false end
  local client = told.client_id or known.client_id
  redis.call('HSET', deliveries, cursor, cjson.encode({state = told.state, channel = told.channel or known.channel, client_id = client}))
  local ticket = redis.call('HGET', thread, 'last_ticket')
  if ticket and ticket ~= '' then
    redis.call('XADD', events, '*', 'event', cjson.encode({type = 'delivery', customer_id = customer, ticket_ref = ticket,
      cursor = cursor, state = told.state, reason = told.reason or '', client_id = client}))
  end
  return true
end

local function delivery_forget_old(deliveries, sent)
  for _, cursor in ipairs(redis.call('ZRANGE', sent, 0, -delivery_kept - 1)) do
    redis.call('HDEL', deliveries, cursor)
    redis.call('ZREM', sent, cursor)
  end
end
