-- Invariant: an undo is never forgotten, though a thread may bring an older record of the same merge.
local function records_bring(merges, records)
  for id, record in pairs(records) do
    local known = redis.call('HGET', merges, id)
    if not (known and string.find(known, '"undone"', 1, true)) then redis.call('HSET', merges, id, record) end
  end
end
