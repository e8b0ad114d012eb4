/**
 * The record of who uses which DB number of a server that is not ours. It lies in the first number that the user grants,
 * which must hold nothing else; when the last session has left, that number is empty again. Each script is atomic, and
 * time is the server's.
 *
 * `isolane:leases` is one hash, so that it is lost as a whole or not at all:
 * - `session:SESSION` → who it is, as JSON
 * - `until:SESSION` → when its lease runs out, in milliseconds since 1970
 * - `number:NUMBER` → the session that holds that DB number
 *
 * `isolane:template:SESSION` and `isolane:lifetimes:SESSION` are the notes of that session's template.
 */
const inRecord = `
local leases, record, session = 'isolane:leases', ARGV[1], ARGV[2]
redis.call('select', record)
local clock = redis.call('time')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
`

/**
 * Puts a session on record, or renews its lease. ARGV = record, session, who it is, milliseconds, numbers it holds.
 * Numbers that nobody has on record are put back; that happens when somebody has emptied the record. Returns
 * `foreign` and one key, when the record's number holds something else; else `held`, the numbers that were put back, and
 * those that are somebody else's now.
 */
export const holdScript = `${inRecord}
if redis.call('exists', leases) == 0 then
  local few = redis.call('dbsize') <= 1000
  for _, key in ipairs(few and redis.call('keys', '*') or {redis.call('randomkey')}) do
    if string.sub(key, 1, 8) ~= 'isolane:' then return {'foreign', key} end
  end
end
redis.call('hset', leases, 'session:' .. session, ARGV[3], 'until:' .. session, string.format('%.0f', now + ARGV[4]))
local back, lost = {}, {}
for index = 5, #ARGV do
  local field = 'number:' .. ARGV[index]
  local holder = redis.call('hget', leases, field)
  if not holder then
    redis.call('hset', leases, field, session)
    back[#back + 1] = ARGV[index]
  elseif holder ~= session then
    lost[#lost + 1] = ARGV[index]
  end
end
return {'held', back, lost}
`

/**
 * Leases the first number that is empty and on nobody's record. ARGV = record, session, first and last number. Returns
 * the number (-1: none is left; -2: the session is not on record) and those that hold keys of somebody else.
 */
export const takeScript = `${inRecord}
if redis.call('hexists', leases, 'session:' .. session) == 0 then return {-2, {}} end
local foreign = {}
for number = tonumber(ARGV[3]), tonumber(ARGV[4]) do
  local field = 'number:' .. number
  if redis.call('hexists', leases, field) == 0 then
    redis.call('select', number)
    local size = redis.call('dbsize')
    redis.call('select', record)
    if size == 0 then
      redis.call('hset', leases, field, session)
      return {number, foreign}
    end
    foreign[#foreign + 1] = number
  end
end
return {-1, foreign}
`

/** Empties a number that the session holds, for its template, and forgets what was noted. ARGV = record, session, number. */
export const beginScript = `${inRecord}
redis.call('del', 'isolane:template:' .. session, 'isolane:lifetimes:' .. session)
if redis.call('hget', leases, 'number:' .. ARGV[3]) ~= session then return 0 end
redis.call('select', ARGV[3])
redis.call('flushdb', 'async')
return 1
`

/** Empties a number and takes it back, if the session holds it. ARGV = record, session, number. */
export const giveScript = `${inRecord}
local field = 'number:' .. ARGV[3]
if redis.call('hget', leases, field) ~= session then return 0 end
redis.call('select', ARGV[3])
redis.call('flushdb', 'async')
redis.call('select', record)
return redis.call('hdel', leases, field)
`

/**
 * Empties and takes back all that a session holds, and forgets it. ARGV = record, session, and, for somebody else's, the
 * end of its lease as it was when the session was found dead: nothing is done if it was renewed since. The last one
 * leaves nothing. Returns how many numbers there were, -1 if nothing was done.
 */
export const endScript = `${inRecord}
if ARGV[3] and redis.call('hget', leases, 'until:' .. session) ~= ARGV[3] then return -1 end
local fields = redis.call('hgetall', leases)
local count = 0
for index = 1, #fields, 2 do
  local number = string.match(fields[index], '^number:(%d+)$')
  if number and fields[index + 1] == session then
    redis.call('select', number)
    redis.call('flushdb', 'async')
    redis.call('select', record)
    redis.call('hdel', leases, fields[index])
    count = count + 1
  end
end
local known = redis.call('hdel', leases, 'session:' .. session, 'until:' .. session)
redis.call('del', 'isolane:template:' .. session, 'isolane:lifetimes:' .. session)
if known > 0 and redis.call('exists', leases) == 0 then
  for _, key in ipairs(redis.call('keys', 'isolane:*')) do redis.call('del', key) end
end
return count
`

/** ARGV = record. Returns the server's time and the whole record, as a flat list. */
export const lookScript = `${inRecord}
return {string.format('%.0f', now), redis.call('hgetall', leases)}
`

/** Touches nothing: finds out whether all of a range can be reached. ARGV = record, nothing, last number. */
export const reachScript = `${inRecord}
redis.call('select', ARGV[3])
return redis.call('dbsize')
`
