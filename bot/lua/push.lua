-- use: _mailbox
-- Invariant: an item joins the mailbox of a customer who is there to work on it, never of one who moved.
-- KEYS thread list ready state   ARGV customer home item
local thread, list, ready, state = unpack(KEYS)
local sealed, moved = unpack(redis.call('HMGET', thread, 'sealed', 'moved_to'))
if sealed then return {'sealed', sealed} end
if moved then return {'moved', moved} end
if ARGV[2] ~= ARGV[1] and redis.call('HEXISTS', thread, 'has:' .. ARGV[2]) == 0 then return {'apart', ''} end
mailbox_push(list, ready, state, ARGV[1], ARGV[3])
return {'pushed', ''}
