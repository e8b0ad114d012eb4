import { createHash } from 'node:crypto'
import type { ChainableCommander, Redis } from 'ioredis'

/** Of every kind of value two, and a name without a value. */
const kinds = {
  string: ['string1', 'string2'],
  list: ['list1', 'list2'],
  set: ['set1', 'set2'],
  'sorted-set': ['sorted1', 'sorted2'],
  hash: ['hash1', 'hash2'],
  stream: ['stream1', 'stream2'],
  geo: ['geo1', 'geo2'],
  hyperloglog: ['counted1', 'counted2'],
} as const

const everything = Object.values(kinds).flat()

/** Names that read like an option, a pattern, a number or a prefix, one of bytes, and none at all. */
export const hardKeys = ['STORE', 'STREAMS', 'KEYS', 'BY', '*', '1', 'dev:string1', Buffer.from([0xff, 0, 13, 10]), '']

export function keysOf(group: string): readonly string[] {
  if (group === 'bitmap') return [...kinds.string, 'missing']
  return [...(kinds[group as keyof typeof kinds] ?? everything), 'missing']
}

export const script = "for _, key in ipairs(KEYS) do redis.call('EXISTS', key) end return { #KEYS, ARGV[1] }"
export const scriptHash = createHash('sha1').update(script).digest('hex')
export const functionName = 'of_test'
const library = `#!lua name=test
redis.register_function{ function_name = '${functionName}', flags = { 'no-writes' }, callback = function(keys, args)
  for _, key in ipairs(keys) do redis.call('EXISTS', key) end
  return { #keys, args[1] }
end }`

/** As `DUMP` of "a string" gives it in the oldest format that is tested here. */
export let dumpedValue: Buffer = Buffer.alloc(0)

/** What scripts and functions there are. Servers before 7 have no functions. */
export async function prepareServer(client: Redis): Promise<void> {
  await client.script('LOAD', script)
  await client.call('FUNCTION', 'LOAD', library).catch(() => {})
  await client.set('dumped', 'a string')
  dumpedValue = (await client.dumpBuffer('dumped')) as Buffer
}

/** Puts one value of each kind under names that begin with `prefix`; `mark` tells them from others of the same names. */
export function fill(pipeline: ChainableCommander, prefix: string, mark: string): void {
  const key = (name: string) => prefix + name
  for (const number of ['1', '2']) {
    pipeline.set(key(`string${number}`), mark === '' ? `1${number}` : mark)
    pipeline.rpush(key(`list${number}`), 'a', 'b', `1${mark}`, number)
    pipeline.sadd(key(`set${number}`), 'a', 'b', number + mark)
    pipeline.zadd(key(`sorted${number}`), 1, 'a', 2, 'b', Number(number), `c${mark}`)
    pipeline.hset(key(`hash${number}`), 'a', '1', 'b', `2${mark}`)
    pipeline.xadd(key(`stream${number}`), '1-1', 'a', `1${mark}`)
    pipeline.xadd(key(`stream${number}`), '2-2', 'a', '2')
    pipeline.xgroup('CREATE', key(`stream${number}`), 'group', '0')
    pipeline.geoadd(key(`geo${number}`), 0.5, 0.5, 'a', 1, 1, `b${mark}`)
    pipeline.pfadd(key(`counted${number}`), 'a', 'b', number + mark)
    pipeline.set(key(`weight:${number}`), number + mark)
  }
  pipeline.pexpireat(key('string2'), 99_999_999_999_000)
  for (const hard of hardKeys) {
    const whole = Buffer.concat([Buffer.from(prefix), Buffer.from(hard)])
    // Without a prefix of its own, this one is of the namespace.
    if (mark === '' || !whole.toString('latin1').startsWith('dev:')) pipeline.set(whole, `7${mark}`)
  }
}

/** Every key with its value, sorted. Times are left out. */
export async function contents(client: Redis): Promise<string[]> {
  return ((await client.callBuffer('EVAL', readAll, '0')) as Buffer[]).map((line) => line.toString('latin1')).sort()
}

const readAll = `local lines = {}
local function sorted(list) table.sort(list) return list end
for _, key in ipairs(redis.call('KEYS', '*')) do
  local kind = redis.call('TYPE', key).ok
  local value = {}
  if kind == 'string' then value = { redis.call('GET', key) }
  elseif kind == 'list' then value = redis.call('LRANGE', key, 0, -1)
  elseif kind == 'set' then value = sorted(redis.call('SMEMBERS', key))
  elseif kind == 'zset' then value = redis.call('ZRANGE', key, 0, -1, 'WITHSCORES')
  elseif kind == 'hash' then
    for _, field in ipairs(sorted(redis.call('HKEYS', key))) do
      value[#value + 1] = field .. '=' .. redis.call('HGET', key, field)
    end
  else value = { redis.call('XLEN', key) } end
  local expires = redis.call('PTTL', key) > 0 and ' expires' or ''
  lines[#lines + 1] = key .. ' ' .. kind .. ' ' .. table.concat(value, ' ') .. expires
end
return lines`
