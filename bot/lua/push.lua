-- use: _mailbox
-- Invariant: an item joins the mailbox of a customer who is there to work on it, never of one who moved.
-- KEYS thread list ready state   ARGV customer item
local thread, list, ready, state = unpack(KEYS)
local sealed, moved = unpack(redis.call('HMGET', thread, 'sealed', 'moved_to'))
if sealed then return {'sealed', sealed} end
if moved then return {'moved', moved} end
mailbox_push(list, ready, state, ARGV[1], ARGV[2])
return {'pushed', ''}
