-- Invariant: only the two sides of a taken code can answer, each for itself; one no ends it, two yes join.
-- KEYS link   ARGV party yes
local link = KEYS[1]
local party, yes = unpack(ARGV)
local state, asker, taker = unpack(redis.call('HMGET', link, 'state', 'party', 'their_party'))
if not state or state == 'open' then return 'invalid' end
if party ~= asker and party ~= taker then return 'not_yours' end
if state == 'declined' then return 'invalid' end
if yes ~= '1' then
  if state == 'asked' then redis.call('HSET', link, 'state', 'declined') end
  return state == 'asked' and 'declined' or 'invalid'
end
redis.call('HSET', link, party == asker and 'yes' or 'their_yes', '1')
if redis.call('HEXISTS', link, 'yes') == 1 and redis.call('HEXISTS', link, 'their_yes') == 1 then
  redis.call('HSET', link, 'state', 'agreed')
  return 'agreed'
end
return 'waiting'
