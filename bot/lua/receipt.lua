-- use: _delivery
-- Invariant: what a platform tells later moves a delivery forward once; a late failure becomes a dead letter.
-- KEYS thread events deliveries sent dead   ARGV customer told_json cursors...
-- told.until_ms: all that went out on told.channel up to then, instead of single cursors. Returns how many were news.
local thread, events, deliveries, sent, dead = unpack(KEYS)
local customer, told = ARGV[1], cjson.decode(ARGV[2])
local cursors = {}
for index = 3, #ARGV do cursors[#cursors + 1] = ARGV[index] end
if told.until_ms then
  for _, cursor in ipairs(redis.call('ZRANGEBYSCORE', sent, '-inf', told.until_ms)) do
    local raw = redis.call('HGET', deliveries, cursor)
    local known = raw and cjson.decode(raw)
    if known and known.channel == told.channel and known.state ~= 'failed' then cursors[#cursors + 1] = cursor end
  end
end
local news = 0
for _, cursor in ipairs(cursors) do
  if delivery_tell(thread, events, deliveries, customer, cursor, told) then
    news = news + 1
    if told.state == 'failed' then
      redis.call('HSET', dead, cursor, cjson.encode({wanted = told.channel, cursor = cursor, parts = 0, reason = told.reason}))
    end
  end
end
return news
