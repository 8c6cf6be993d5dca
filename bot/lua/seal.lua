-- use: _ready
-- Invariant: from here on nothing joins or leaves the merged customer's thread: doors shut, leases superseded, what
-- waits is put aside whole. A merge that once came through seals nothing again, however late it is repeated.
-- KEYS thread merges, then list ready state aside of the mailbox and of the outbox
-- ARGV merge patient mailbox_group outbox_group
local thread, merges = KEYS[1], KEYS[2]
local merge, patient = ARGV[1], ARGV[2]
if redis.call('HEXISTS', merges, merge) == 1 then return 'past' end
local sealed, holder = unpack(redis.call('HMGET', thread, 'sealed', 'merging'))
if sealed == merge then return 'sealed' end
if holder ~= merge then return 'lost' end
-- A delivery at hand cannot be called back: whoever has time waits for it, so that it is not sent twice.
if patient == '1' and redis.call('LLEN', KEYS[7]) > 0 then return 'busy' end
redis.call('HSET', thread, 'sealed', merge)
for box = 0, 1 do
  local list, ready, state, aside = unpack(KEYS, 3 + box * 4, 6 + box * 4)
  if redis.call('EXISTS', list) == 1 then redis.call('RENAME', list, aside) end
  ready_leave(ready, state, ARGV[3 + box])
end
return 'sealed'
