-- use: _cursor
-- Invariant: `next` holds both threads up to `woven`, in order of their cursors; each entry once, however often a part of
-- the other thread is handed in. Cursors stay; where both have messages of the same millisecond, the other's come after.
-- KEYS log next progress   ARGV budget last_of_other, then of each entry of the other thread: cursor message origin
local log, next, progress = unpack(KEYS)
local budget = tonumber(ARGV[1])
local taken, woven = unpack(redis.call('HMGET', progress, 'taken', 'woven'))
if not taken then
  taken, woven = '0-0', '0-0'
  -- What joins this thread from now on comes after everything of the other one, also if the clocks differ.
  local raised = string.format('%.0f-0', cursor_parts(ARGV[2]) + 1)
  if type(redis.pcall('XADD', log, raised, 'm', '')) == 'string' then redis.call('XDEL', log, raised) end
end

local function copy_before(place)
  while budget > 0 do
    local found = redis.call('XRANGE', log, '(' .. woven, '(' .. place, 'COUNT', math.min(budget, 100))
    if #found == 0 then return true end
    for _, entry in ipairs(found) do
      redis.call('XADD', next, entry[1], unpack(entry[2]))
      woven = entry[1]
    end
    budget = budget - #found
  end
  return false
end

for at = 3, #ARGV, 3 do
  local cursor, place = ARGV[at], ARGV[at]
  if cursor_before(taken, cursor) then
    local ms, seq = string.match(cursor, '^(%d+)-(%d+)$')
    local own = redis.call('XREVRANGE', log, ms, ms, 'COUNT', 1)[1]
    if own then
      local _, last = cursor_parts(own[1])
      place = ms .. '-' .. string.format('%.0f', tonumber(seq) + last + 1)
      redis.call('HSET', progress, 'at ' .. cursor, place)
    end
    if not copy_before(place) then break end
    redis.call('XADD', next, place, 'm', ARGV[at + 1], 'o', ARGV[at + 2])
    taken, woven, budget = cursor, place, budget - 1
  end
end
redis.call('HSET', progress, 'taken', taken, 'woven', woven)
return taken
