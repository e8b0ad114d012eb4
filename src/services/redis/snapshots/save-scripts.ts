import { guarded } from './guarded.ts'
import { valueDigests } from './value-digests.ts'

const memory = `
-- About what a key takes; its dump is hardly ever larger.
local function bytesOf(key, samples)
  local bytes = redis.pcall('memory', 'usage', key, 'samples', samples)
  if type(bytes) == 'number' then return bytes end
  return #(redis.call('dump', key) or '')
end
`

/**
 * Copies a lane into a number of its own, all at one moment. ARGV = guard, lane, number, most keys, most bytes (less, where
 * the server would have to evict keys). Answers `many` when there is more than everybody else on the server should have to
 * wait for; else `copied`, how many keys, and at most how many of them may expire.
 */
export const copyScript = `${guarded}${memory}
local lane, number, room = ARGV[3], ARGV[4], tonumber(ARGV[6])
if not ours(lane) or not ours(number) then return {'lost'} end
redis.call('select', number)
redis.call('flushdb')
redis.call('select', lane)
if redis.call('dbsize') > tonumber(ARGV[5]) then return {'many'} end
local function told(text, name) return tonumber(string.match(text, name .. '[:=](%d+)') or 0) end
local use = redis.call('info', 'memory')
local limit, used = told(use, '%cmaxmemory'), told(use, '%cused_memory')
if limit > 0 then room = math.min(room, limit - used) end
-- Keys are measured, which takes as long as copying them, where all that the server has is too much.
local measured = used > room
local facts = string.match(redis.call('info', 'keyspace'), '%cdb' .. lane .. ':([^%c]*)') or ''
-- The second and third are keys that may lose all of their fields.
local mayGo = told(facts, 'expires') + told(facts, 'subexpiry') + told(facts, 'keys_with_volatile_items')
local keys = redis.call('keys', '*')
for _, key in ipairs(keys) do
  if measured then
    room = room - bytesOf(key, 5)
    if room < 0 then return {'many'} end
  end
  redis.call('copy', key, key, 'db', number)
end
return {'copied', #keys, mayGo}
`

const lifetimes = `
-- PEXPIRETIME is younger than Redis 6.2. There the clock runs on inside a script: both times must be of one moment.
local tellsExpiry = type(redis.pcall('pexpiretime', '')) == 'number'
local function expiryOf(key)
  if tellsExpiry then return math.max(redis.call('pexpiretime', key), 0) end
  if redis.call('pttl', key) < 0 then return 0 end
  repeat
    local before = now()
    local left = redis.call('pttl', key)
    if before == now() then return before + math.max(left, 0) end
  until false
end
local function lastFieldOf(key)
  local names, last = redis.call('hkeys', key), 0
  for from = 1, #names, 1000 do
    local to = math.min(from + 999, #names)
    for _, at in ipairs(redis.call('hpexpiretime', key, 'fields', to - from + 1, unpack(names, from, to))) do
      if at == -1 then return 0 end
      last = math.max(last, at)
    end
  end
  return last
end
local function earlier(left, right)
  if left == 0 or right == 0 then return left + right end
  return math.min(left, right)
end
`

/**
 * One page of a number: records as in records.ts. ARGV = guard, number, cursor, how many keys and how many bytes are
 * enough, and what it is for: `save`, `describe` (of each dump only its end) or `mark` (without digests). Answers with the
 * next cursor, `0` at the end, and the records. What comes and goes between pages may be in one or not; what stays is,
 * maybe twice.
 */
export const pageScript = `${guarded}${valueDigests}${lifetimes}
local number, cursor, most, bytes, use = ARGV[3], ARGV[4], tonumber(ARGV[5]), tonumber(ARGV[6]), ARGV[7]
if not ours(number) then return {'lost'} end
redis.call('select', number)
local parts, keys, size = {}, 0, 0
-- What a dump begins with, as far as Redis and Valkey agree on it: quicker than asking for the type.
local kinds = {[0] = 'string', 'list', 'set', 'zset', 'hash', 'zset', [10] = 'list', [11] = 'set', [12] = 'zset',
  [13] = 'hash', [14] = 'list', [15] = 'stream', [16] = 'hash', [17] = 'zset', [18] = 'list', [19] = 'stream',
  [20] = 'set', [21] = 'stream'}
local function add(key)
  local dump = redis.call('dump', key)
  if not dump then return end
  local encoding = string.byte(dump)
  local kind = kinds[encoding] or redis.call('type', key).ok
  local expires = expiryOf(key)
  local gone = expires
  -- From 22 on, hashes have fields that may expire, in Valkey and Redis alike.
  if encoding >= 22 and kind == 'hash' then gone = earlier(expires, lastFieldOf(key)) end
  local digest = '0000000000000000'
  if use ~= 'mark' then
    local known = digestOf[kind]
    -- The dumps of short strings are the same everywhere: they are not compressed.
    if kind == 'string' and #dump <= 32 then known = nil end
    digest = string.sub(known and known(key) or redis.sha1hex(string.sub(dump, 1, -11)), 1, 16)
  end
  if use == 'describe' then dump = string.sub(dump, -10) end
  parts[#parts + 1] = struct.pack('>I4I4I4i8i8', #kind, #key, #dump, expires, gone) .. digest .. kind .. key
  parts[#parts + 1] = dump
  keys, size = keys + 1, size + #key + #dump
end
repeat
  local page = redis.call('scan', cursor, 'count', 100)
  cursor = page[1]
  for _, key in ipairs(page[2]) do add(key) end
until cursor == '0' or keys >= most or size >= bytes
return {cursor, table.concat(parts)}
`

/** About how many bytes a page takes, in all files. ARGV = guard, number, cursor. Answers with the next cursor and the bytes. */
export const sizeScript = `${guarded}${memory}
if not ours(ARGV[3]) then return {'lost'} end
redis.call('select', ARGV[3])
local page, size = redis.call('scan', ARGV[4], 'count', 1000), 0
for _, key in ipairs(page[2]) do size = size + #key + bytesOf(key, 0) + 128 end
return {page[1], size}
`
