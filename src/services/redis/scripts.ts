/**
 * Scripts that run inside the server: each is atomic, one round trip, and may `SELECT` without changing the
 * connection that sent it. All know their databases from ARGV. In servers that are not ours, they begin with a guard
 * that looks into the record of leases (lease-scripts.ts): what is no longer ours is not touched.
 */

/** Keys of the database of notes, in a server of ours. */
export const notes = {
  /** The template's fingerprint: written when it is complete, and the sign that the databases here are ours. */
  template: 'isolane:template',
  /** Hash: key of the template → milliseconds to live. */
  lifetimes: 'isolane:lifetimes',
} as const

/** How many keys are copied or freed at once before others get their turn. */
export const pageSize = 1000

const cloneArguments = `
local lane, template, notes, fingerprint, lifetimes = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local size, cursor = tonumber(ARGV[6]), ARGV[7]
local strays = 0
redis.call('select', notes)
`

const clonePage = `
if cursor == 'start' then
  redis.call('select', lane)
  if redis.call('dbsize') > size then redis.call('flushdb', 'async') else redis.call('flushdb') end
  cursor = '0'
end
if template == '' then return {'0', strays} end
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
  local kept = redis.call('hgetall', lifetimes)
  redis.call('select', lane)
  for index = 1, #kept, 2 do redis.call('pexpire', kept[index], kept[index + 1]) end
end
return {cursor, strays}
`

/**
 * Empties a lane and copies the template into it, page by page: ARGV = lane, template and notes databases, keys of the
 * notes (fingerprint, lifetimes), page size, cursor (`start` at first), database that must stay empty. Returns the next
 * cursor (`0` at the end) and how many stray keys were in the empty database. `gone`: the template is no longer there,
 * nothing was touched.
 */
export const cloneScript = `${cloneArguments}
if redis.call('exists', fingerprint) == 0 then return {'gone', 0} end
if cursor == 'start' then
  redis.call('select', ARGV[8])
  strays = redis.call('dbsize')
  if strays > 0 then redis.call('flushdb') end
end
${clonePage}`

/**
 * As {@link cloneScript}, in a server that is not ours. The last of ARGV is the session that must hold the lane, and the
 * template; without a template (an empty text) the lane is only emptied. `lost`: the lane's number is not ours.
 */
export const cloneLeasedScript = `${cloneArguments}
if redis.call('hget', 'isolane:leases', 'number:' .. lane) ~= ARGV[8] then return {'lost', 0} end
if template ~= '' then
  local ours = redis.call('hget', 'isolane:leases', 'number:' .. template) == ARGV[8]
  if not ours or redis.call('exists', fingerprint) == 0 then return {'gone', 0} end
end
${clonePage}`

/** ARGV = databases to empty. */
export const emptyScript = `
for _, database in ipairs(ARGV) do
  redis.call('select', database)
  redis.call('flushdb', 'async')
end
`

const completeArguments = `
local template, notes, fingerprintKey, lifetimesKey, fingerprint = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local strays = 0
`

const noteTemplate = `
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
for _, entry in ipairs(lifetimes) do redis.call('hset', lifetimesKey, entry[1], entry[2]) end
redis.call('set', fingerprintKey, fingerprint)
return strays
`

/**
 * Ends the making of a template: keys that would expire are kept, and their time to live is noted, so that each lane
 * begins with the time that the seed gave. (Not so for single fields of a hash: their time goes on in the template.)
 * ARGV = template and notes databases, keys of the notes (fingerprint, lifetimes), fingerprint, database that must stay
 * empty. Returns the number of stray keys.
 */
export const completeScript = `${completeArguments}
redis.call('select', ARGV[6])
strays = redis.call('dbsize')
if strays > 0 then redis.call('flushdb') end
${noteTemplate}`

/** As {@link completeScript}, in a server that is not ours; the last of ARGV is the session that must hold the template. */
export const completeLeasedScript = `${completeArguments}
redis.call('select', notes)
if redis.call('hget', 'isolane:leases', 'number:' .. template) ~= ARGV[6] then
  return redis.error_reply('ERR the number of the template was taken away while it was made')
end
${noteTemplate}`

/** ARGV = notes database, key of the fingerprint. Returns the fingerprint of the template that is there, if any. */
export const whichScript = `
redis.call('select', ARGV[1])
return redis.call('get', ARGV[2])
`
