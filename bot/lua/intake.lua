-- use: _mailbox
-- Invariant: a desk command leaves the stream and joins its customer's mailbox in one step, in the order of the stream.
-- The keys of each customer are made here; they carry the partition's tag, so they are in this script's slot.
-- KEYS outbound ready   ARGV tag
local moved = 0
for _, entry in ipairs(redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 200)) do
  local id, command = entry[1], entry[2][2]
  local ok, decoded = pcall(cjson.decode, command)
  if ok and type(decoded) == 'table' and type(decoded.customer_id) == 'string' then
    local customer = decoded.customer_id
    local own = ARGV[1] .. ':' .. customer
    mailbox_push('mailbox:' .. own, KEYS[2], 'mailbox-state:' .. own, customer, 'command ' .. command)
  else
    redis.call('XADD', 'refused:' .. ARGV[1], 'MAXLEN', '~', 1000, '*', 'command', command)
  end
  redis.call('XDEL', KEYS[1], id)
  moved = moved + 1
end
return moved
