/**
 * Scripts that run inside the server: each is atomic, one round trip, and may `SELECT` without changing the
 * connection that sent it. All know their databases from ARGV.
 */

/** Keys of the database of notes. */
export const notes = {
  /** The template's fingerprint: written when it is complete, and the sign that the databases here are ours. */
  template: 'isolane:template',
  /** Hash: key of the template → milliseconds to live. */
  lifetimes: 'isolane:lifetimes',
} as const

/** How many keys are copied or freed at once before others get their turn. */
export const pageSize = 1000

/**
 * Empties a lane and copies the template into it, page by page: ARGV = lane, template and notes databases, database that
 * must stay empty, page size, cursor (`start` at first). Returns the next cursor (`0` at the end) and how many stray keys
 * were in the empty database. `gone`: the template is no longer there, nothing was touched.
 */
export const cloneScript = `
local lane, template, notes, nobodys, size, cursor = ARGV[1], ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5]), ARGV[6]
redis.call('select', notes)
if redis.call('exists', '${notes.template}') == 0 then return {'gone', 0} end
local strays = 0
if cursor == 'start' then
  redis.call('select', nobodys)
  strays = redis.call('dbsize')
  if strays > 0 then redis.call('flushdb') end
  redis.call('select', lane)
  if redis.call('dbsize') > size then redis.call('flushdb', 'async') else redis.call('flushdb') end
  cursor = '0'
end
redis.call('select', template)
local keys
if redis.call('dbsize') <= size then
  keys, cursor = redis.call('keys', '*'), '0'
else
  local page = redis.call('scan', cursor, 'count', size)
  cursor, keys = page[1], page[2]
end
for _, key in ipairs(keys) do redis.call('copy', key, key, 'db', lane, 'replace') end
if cursor == '0' then
  redis.call('select', notes)
  local lifetimes = redis.call('hgetall', '${notes.lifetimes}')
  redis.call('select', lane)
  for index = 1, #lifetimes, 2 do redis.call('pexpire', lifetimes[index], lifetimes[index + 1]) end
end
return {cursor, strays}
`

/** ARGV = databases to empty. */
export const emptyScript = `
for _, database in ipairs(ARGV) do
  redis.call('select', database)
  redis.call('flushdb', 'async')
end
`

/**
 * Ends the making of a template: keys that would expire are kept, and their time to live is noted, so that each lane
 * begins with the time that the seed gave. (Not so for single fields of a hash: their time goes on in the template.)
 * ARGV = template and notes databases, database that must stay empty, fingerprint. Returns the number of stray keys.
 */
export const completeScript = `
local template, notes, nobodys, fingerprint = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
redis.call('select', nobodys)
local strays = redis.call('dbsize')
if strays > 0 then redis.call('flushdb') end
redis.call('select', template)
local lifetimes = {}
for _, key in ipairs(redis.call('keys', '*')) do
  local left = redis.call('pttl', key)
  if left > 0 then
    redis.call('persist', key)
    lifetimes[#lifetimes + 1] = {key, left}
  end
end
redis.call('select', notes)
for _, entry in ipairs(lifetimes) do redis.call('hset', '${notes.lifetimes}', entry[1], entry[2]) end
redis.call('set', '${notes.template}', fingerprint)
return strays
`

/** ARGV = notes database. Returns the fingerprint of the template that is there, if any. */
export const whichScript = `
redis.call('select', ARGV[1])
return redis.call('get', '${notes.template}')
`
