-- Invariant: a message gets its place in the log, and the desk hears of it, in one step.
-- The cursor is spliced into the JSON as text: cjson would turn empty lists into objects.
local function log_tell(events, customer, ticket, cursor, message)
  redis.call('XADD', events, '*', 'event', '{"type":"message","customer_id":"' .. customer .. '","ticket_ref":"' .. ticket
    .. '","message":{"cursor":"' .. cursor .. '",' .. string.sub(message, 2) .. '}')
end

local function log_append(log, thread, events, customer, message)
  local cursor = redis.call('XADD', log, '*', 'm', message)
  local ticket = redis.call('HGET', thread, 'ticket')
  if ticket and ticket ~= '' then log_tell(events, customer, ticket, cursor, message) end
  return cursor
end

local function log_remember(seen, id, cursor)
  redis.call('ZADD', seen, string.match(cursor, '^%d+'), id)
  redis.call('ZREMRANGEBYRANK', seen, 0, -5001)
end
