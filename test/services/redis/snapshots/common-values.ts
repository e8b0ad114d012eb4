import { createHash } from 'node:crypto'
import type { Redis } from 'ioredis'
import { readAll } from './hard-keys.ts'

const far = 4_102_444_800_000

/** What is large, and state of streams that only groups have; in few commands. */
export async function writeLargeKeys(client: Redis): Promise<void> {
  const script = `
    for i = 1, 20000 do redis.call('hset', 'huge hash', 'field ' .. i, string.rep('v', i % 70) .. '\\0' .. i) end
    for i = 1, 20000 do redis.call('rpush', 'huge list', i % 3 == 0 and i or 'element \\255' .. i) end
    for i = 1, 5000 do redis.call('zadd', 'huge sorted', i * 1.1 - 7, 'member ' .. i) end
    for i = 1, 6000 do redis.call('xadd', 'huge stream', i .. '-' .. i % 5, 'number', i, 'name ' .. i % 7, '') end
    for i = 1, 513 do redis.call('sadd', 'integers beyond the set', i) end
    redis.call('sadd', 'integers and a text', 1, 2, 3, 'four')
    redis.call('sadd', 'wide integers', '9223372036854775807', '-9223372036854775808', 0)
    redis.call('setrange', 'sparse', 200000, 'end')
    redis.call('bitfield', 'counters', 'set', 'i5', 100, -3, 'set', 'u63', 200, '9223372036854775807')
    redis.call('geoadd', 'towns', 15.087269, 37.502669, 'Catania', -179.9, -85.05, 'nowhere')
    redis.call('pfadd', 'few', 'a', 'b')
    redis.call('pfadd', 'none')
    redis.call('xgroup', 'create', 'huge stream', 'workers', '0')
    redis.call('xgroup', 'create', 'huge stream', 'ahead', '5000-0')
    redis.call('xgroup', 'create', 'gone', 'first', '0', 'mkstream')
    for i = 1, 4 do redis.call('xreadgroup', 'group', 'workers', 'worker ' .. i, 'count', 900, 'streams', 'huge stream', '>') end
    for i = 1, 500 do redis.call('xack', 'huge stream', 'workers', i .. '-' .. i % 5) end
    redis.call('xdel', 'huge stream', '700-0', '6000-0')`
  await client.eval(script, 0)
  await client.pexpireat('huge stream', far)
  await client.set(Buffer.from([0, 10, 13, 36, 255]), Buffer.alloc(0))
}

type Fields = Record<string, unknown>

/**
 * Every key with its value and whether it expires, without what only some versions know of it, such as how many entries a
 * stream ever had, or how they write a score. What is large is told by its digest.
 */
export async function readCommon(client: Redis): Promise<Record<string, unknown>> {
  const all = (await readAll(client)) as Record<string, { type: string; expires: number; value: unknown }>
  return Object.fromEntries(
    Object.entries(all).map(([key, { type, expires, value }]) => {
      const text = JSON.stringify(common(type, value))
      const told = text.length < 2_000 ? text : `${text.length}: ${createHash('sha256').update(text).digest('hex')}`
      return [key, `${type}${expires > 0 ? ', expires' : ''}: ${told}`]
    }),
  )
}

function common(type: string, value: unknown): unknown {
  if (type === 'zset') return (value as string[]).map((text, index) => (index % 2 === 0 ? text : Number(textOf(text))))
  if (type === 'hash') {
    const { expiries, ...rest } = value as { expiries: number[] }
    return { ...rest, expiries: expiries.filter((each) => each !== -1) }
  }
  return type === 'stream' ? stream(value as { full: unknown[]; pending: unknown }) : value
}

function stream({ full, pending }: { full: unknown[]; pending: unknown }): unknown {
  const { length, entries, groups, ...told } = fieldsOf(full)
  const others = (groups as unknown[][]).map((group) => {
    const { name, consumers, pending: waiting, ...more } = fieldsOf(group)
    const names = (consumers as unknown[][]).map((consumer) => {
      const { name: who, pending: theirs, 'pel-count': count } = fieldsOf(consumer)
      return { who, theirs, count }
    })
    return { name, names, waiting, count: more['pel-count'], last: more['last-delivered-id'] }
  })
  return { length, entries, last: told['last-generated-id'], groups: others, pending }
}

/** A list of names and values, with names in hexadecimal digits, as an object. */
function fieldsOf(flat: unknown[]): Fields {
  const pairs = flat.flatMap((name, index) =>
    index % 2 === 0 ? [[textOf(String(name)), flat[index + 1]] as const] : [],
  )
  return Object.fromEntries(pairs)
}

function textOf(hex: string): string {
  return Buffer.from(hex, 'hex').toString('latin1')
}
