/**
 * What every script on lanes begins with. ARGV[1] is the record of leases (lease-scripts.ts) and ARGV[2] the session that
 * must hold the numbers; without a record (an empty text) the whole server is ours. Each script answers with a list, the
 * first of which is `lost` when a number is not ours: then nothing was touched.
 */
export const guarded = `
local record, session = ARGV[1], ARGV[2]
local function ours(number)
  if record == '' then return true end
  redis.call('select', record)
  return redis.call('hget', 'isolane:leases', 'number:' .. number) == session
end
local function now()
  local clock = redis.call('time')
  return clock[1] * 1000 + math.floor(clock[2] / 1000)
end
`
