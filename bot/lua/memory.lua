-- Invariant: Rasa's memory of the merged customer goes along once, onto the version that it was joined with.
-- KEYS head turns   ARGV merge expected_version base_json replace, then the turns as JSON ...
local head, turns = unpack(KEYS)
local merge, expected, base, replace = unpack(ARGV)
if redis.call('HEXISTS', head, merge) == 1 then return 'repeated' end
local version = redis.call('HGET', head, 'version') or '0'
if version ~= expected then return 'changed' end
redis.call('HSET', head, merge, '1', 'version', tonumber(version) + 1, 'base', base)
if replace == '1' then
  redis.call('DEL', turns)
  for at = 5, #ARGV do redis.call('RPUSH', turns, ARGV[at]) end
end
return 'joined'
