-- use: _mailbox
-- Invariant: a delivery leaves the outbox together with the event that tells its fate.
-- KEYS list ready state events   ARGV token event_json group
local list, ready, state, events = unpack(KEYS)
if redis.call('HGET', state, 'token') ~= ARGV[1] then return 'superseded' end
if ARGV[2] ~= '' then redis.call('XADD', events, '*', 'event', ARGV[2]) end
return mailbox_pop(list, ready, state, ARGV[3])
