-- Invariant: at most one merge or undo works on a customer. A second hold by the same one changes nothing.
-- KEYS thread merges   ARGV merge mode
-- mode: '' for a customer of their own; 'moved' for one who was merged and comes back: their door is shut meanwhile.
local thread, merges = unpack(KEYS)
local merge, mode = unpack(ARGV)
local known = redis.call('HGET', merges, merge)
if known then return {known == 'given up' and known or 'past', ''} end
local holder, moved = unpack(redis.call('HMGET', thread, 'merging', 'moved_to'))
if holder and holder ~= merge then return {'busy', holder} end
if mode == 'moved' and not moved then return {'apart', ''} end
if mode ~= 'moved' and moved then return {'moved', moved} end
redis.call('HSET', thread, 'merging', merge)
if mode == 'moved' then redis.call('HSET', thread, 'sealed', merge) end
return {'held', ''}
