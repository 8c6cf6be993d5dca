-- Invariant: cursors compare as numbers, not as text.
local function cursor_parts(cursor)
  local ms, seq = string.match(cursor, '^(%d+)-(%d+)$')
  return tonumber(ms), tonumber(seq)
end

local function cursor_before(one, other)
  local a, b = {cursor_parts(one)}, {cursor_parts(other)}
  return a[1] < b[1] or (a[1] == b[1] and a[2] < b[2])
end
