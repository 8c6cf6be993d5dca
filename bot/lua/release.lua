-- use: _ready
-- Invariant: a customer rests, and their door is shut, only while a merge works on them. Who lets go twice changes nothing.
-- What was put aside goes back to the head when the merge was given up; after one that came through nothing is left of it.
-- KEYS thread, then list ready state aside of the mailbox and of the outbox   ARGV merge customer
local thread = KEYS[1]
local merge, customer = unpack(ARGV)
if redis.call('HGET', thread, 'merging') == merge then redis.call('HDEL', thread, 'merging') end
local sealed = redis.call('HGET', thread, 'sealed') == merge
if sealed then redis.call('HDEL', thread, 'sealed') end
for box = 0, 1 do
  local list, ready, state, aside = unpack(KEYS, 2 + box * 4, 5 + box * 4)
  if sealed then
    while redis.call('RPOPLPUSH', aside, list) do end
  end
  local rests = redis.call('HGET', state, 'rests') == merge
  if rests then redis.call('HDEL', state, 'rests', 'queued') end
  if sealed or rests then ready_join(list, ready, state, customer) end
end
return 1
