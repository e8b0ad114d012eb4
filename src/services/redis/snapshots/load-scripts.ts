import { guarded } from './guarded.ts'

/**
 * Adds the keys of a page of records (see records.ts) to a number. ARGV = guard, number, page, `empty` to empty it first.
 * Those that would be gone by now are left out. Answers with how many were added, and how many of these will go.
 */
export const restoreScript = `${guarded}
local number, page = ARGV[3], ARGV[4]
if not ours(number) then return {'lost'} end
redis.call('select', number)
if ARGV[5] == 'empty' then
  if redis.call('dbsize') > 1000 then redis.call('flushdb', 'async') else redis.call('flushdb') end
end
local time, from, added, passing = now(), 1, 0, 0
while from <= #page do
  local kind, key, dump, expires, gone, rest = struct.unpack('>I4I4I4i8i8', page, from)
  local name = rest + 16 + kind
  local value = name + key
  from = value + dump
  if gone == 0 or gone > time then
    redis.call('restore', string.sub(page, name, value - 1), expires, string.sub(page, value, from - 1), 'replace', 'absttl')
    added = added + 1
    if gone ~= 0 then passing = passing + 1 end
  end
end
return {'added', added, passing}
`

/**
 * Marks a number that was filled as ready to be swapped. ARGV = guard, number, key of the mark, fewest and most keys.
 * Answers `short` when there are not as many, else `ready`, and why SWAPDB is refused, if it is.
 */
export const readyScript = `${guarded}
local number = ARGV[3]
if not ours(number) then return {'lost'} end
redis.call('select', number)
local keys = redis.call('dbsize')
if keys < tonumber(ARGV[5]) or keys > tonumber(ARGV[6]) then return {'short', keys} end
redis.call('set', ARGV[4], 'loaded')
return {'ready', redis.pcall('swapdb', number, number).err or ''}
`

/**
 * Swaps a lane and the number beside it. ARGV = guard, lane, number, a third number for where SWAPDB is refused (or an
 * empty text), key of the mark, what it is before, and after. The mark, always in the number beside the lane, makes a
 * command that a client sends twice harmless; without it (somebody emptied the server) the answer is `gone`.
 */
export const swapScript = `${guarded}
local lane, number, third, mark, before, after = ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7], ARGV[8]
if not ours(lane) or not ours(number) or (third ~= '' and not ours(third)) then return {'lost'} end
redis.call('select', number)
local found = redis.call('get', mark)
if found == after then return {'swapped'} end
if found ~= before then return {'gone'} end
redis.call('del', mark)
if third == '' then
  redis.call('swapdb', lane, number)
else
  local function move(from, to)
    redis.call('select', from)
    for _, key in ipairs(redis.call('keys', '*')) do redis.call('move', key, to) end
  end
  redis.call('select', third)
  redis.call('flushdb')
  move(lane, third)
  move(number, lane)
  move(third, number)
end
redis.call('select', number)
redis.call('set', mark, after)
return {'swapped'}
`

/** ARGV = guard, an empty number. Answers with a dump by this server, which tells the RDB version that it writes. */
export const sampleScript = `${guarded}
if not ours(ARGV[3]) then return {'lost'} end
redis.call('select', ARGV[3])
redis.call('set', 'sample', '')
local dump = redis.call('dump', 'sample')
redis.call('del', 'sample')
return {'dump', dump}
`

/** Touches nothing: finds out whether what the other scripts use is allowed. ARGV = number. Answers with what is not. */
export const rightsScript = `
redis.call('select', ARGV[1])
local commands = {{'dump', ''}, {'type', ''}, {'pttl', ''}, {'copy', '', '', 'db', ARGV[1]}, {'restore', '', 0, ''}}
for _, command in ipairs(commands) do
  local reply = redis.pcall(unpack(command))
  local failure = type(reply) == 'table' and reply.err or ''
  -- That there is nothing to restore, and that a key is the same as itself, they say once they are allowed.
  if failure ~= '' and not string.find(failure, 'payload') and not string.find(failure, 'same') then return failure end
end
return ''
`
