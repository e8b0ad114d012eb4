/**
 * Makes what was put beside an environment its contents, and what it had is beside it then: all of it at one moment, and on
 * disk wholly or not at all. ARGV = number of the notes, holder, number, the one beside it, key of its note, its name,
 * fingerprint of what was put there, `new` or `again`, and a text that no other such act has: a command that a client sends
 * twice swaps once. Answers `done`; `known` or `occupied` when it is not new; `lost` when it is not ours.
 */
export const swapInScript = `
local notes, holder, number, beside, note, name = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
redis.call('select', notes)
if redis.call('hget', note, 'act') == ARGV[9] then return 'done' end
local held = redis.call('hget', 'isolane:leases', 'number:' .. number)
local noted = redis.call('hget', note, 'name')
if redis.call('hget', 'isolane:leases', 'number:' .. beside) ~= holder then return 'lost' end
if ARGV[8] == 'new' then
  if held or noted then return 'known' end
  redis.call('select', number)
  if redis.call('dbsize') > 0 then return 'occupied' end
elseif held ~= holder or noted ~= name then
  return 'lost'
end
redis.call('swapdb', number, beside)
redis.call('select', notes)
redis.call('hset', 'isolane:leases', 'number:' .. number, holder)
redis.call('hset', note, 'name', name, 'template', ARGV[7], 'act', ARGV[9])
return 'done'
`

/** ARGV = number, cursor. Answers with the next cursor, how many keys were looked at, the bytes they take, and all keys. */
export const measureScript = `
redis.call('select', ARGV[1])
local page, bytes = redis.call('scan', ARGV[2], 'count', 1000), 0
for _, key in ipairs(page[2]) do bytes = bytes + (redis.call('memory', 'usage', key) or 0) end
return {page[1], #page[2], bytes, redis.call('dbsize')}
`
