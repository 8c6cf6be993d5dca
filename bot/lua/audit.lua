-- Invariant: an act is in the audit log once, however often it is reported.
-- KEYS audit known   ARGV act_id entry_json
if redis.call('HSETNX', KEYS[2], ARGV[1], '1') == 0 then return 0 end
redis.call('XADD', KEYS[1], '*', 'entry', ARGV[2])
return 1
