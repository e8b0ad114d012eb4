/**
 * Lua: `digestOf[type](key)` is a digest of the value, at least 16 hexadecimal digits. Equal values have equal ones on
 * whatever server, however they are stored, and whenever they expire: so it is made of what commands answer, not of DUMP.
 * (DEBUG DIGEST-VALUE knows nothing of a stream's groups, and is refused by most servers.)
 */
export const valueDigests = `
local window = 1000
local function part(text) return #text .. ':' .. text end
-- The sum does not depend on the order. Its parts have 52 bits: more is not exact in a number of Lua's.
local function bag(sum, text)
  return (sum + tonumber(string.sub(redis.sha1hex(text), 1, 13), 16)) % 4503599627370496
end
local function inOrder(read)
  local digest, from = '', 0
  repeat
    local parts = read(from, from + window - 1)
    from = from + window
    digest = redis.sha1hex(digest .. cmsgpack.pack(parts))
  until #parts < window
  return digest
end
local function fields(flat)
  local found = {}
  for index = 1, #flat, 2 do found[flat[index]] = flat[index + 1] end
  return found
end
local digestOf = {}
function digestOf.string(key) return redis.sha1hex(redis.call('get', key) or '') end
function digestOf.list(key)
  return inOrder(function(from, to) return redis.call('lrange', key, from, to) end)
end
function digestOf.zset(key)
  return inOrder(function(from, to)
    local flat = redis.call('zrange', key, from, to, 'withscores')
    -- Versions write the same number in different ways.
    for index = 2, #flat, 2 do flat[index] = tonumber(flat[index]) end
    return flat
  end)
end
function digestOf.set(key)
  local sum = 0
  for _, member in ipairs(redis.call('smembers', key)) do sum = bag(sum, member) end
  return string.format('%016.0f', sum)
end
function digestOf.hash(key)
  local flat, sum = redis.call('hgetall', key), 0
  for index = 1, #flat, 2 do sum = bag(sum, #flat[index] .. ':' .. flat[index] .. flat[index + 1]) end
  return string.format('%016.0f', sum)
end
function digestOf.stream(key)
  local stream = fields(redis.call('xinfo', 'stream', key, 'full', 'count', 0))
  local parts = {part(stream['last-generated-id'])}
  local function add(text) parts[#parts + 1] = text end
  for _, entry in ipairs(stream.entries) do
    add(part(entry[1]) .. #entry[2] .. ':')
    for _, text in ipairs(entry[2]) do add(part(text)) end
  end
  for _, flat in ipairs(stream.groups) do
    local group = fields(flat)
    add('group' .. part(group.name) .. part(group['last-delivered-id']))
    for _, consumer in ipairs(group.consumers) do add('consumer' .. part(fields(consumer).name)) end
    for _, entry in ipairs(group.pending) do add('pending' .. part(entry[1]) .. part(entry[2]) .. entry[4]) end
  end
  return redis.sha1hex(table.concat(parts))
end
`
