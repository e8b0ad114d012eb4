import type { Redis } from 'ioredis'

const bytes = (...values: number[]) => Buffer.from(values)
const everyByte = Buffer.from(Array.from({ length: 256 }, (_, value) => value))
const far = 4_102_444_800_000

/** Every type in every encoding, with what is easily lost: empty and binary names, extremes of scores, groups, expiries. */
export async function writeHardKeys(client: Redis): Promise<void> {
  await client.set('', 'the empty key')
  await client.set(everyByte, everyByte)
  await client.set('empty', '')
  await client.set('integer', '-9223372036854775808')
  await client.set('padded', '007')
  await client.set('compressible', 'a'.repeat(100_000))
  await client.append('appended', '12')
  await client.append('appended', '34')
  await client.set('expires', 'later', 'PXAT' as 'EX', far)
  await client.setbit('bitmap', 100_003, 1)
  await client.pfadd('counted', ...range(5_000))
  await client.rpush('list', 'a', '', everyByte, bytes(0))
  await client.rpush('long list', ...range(3_500), 'x'.repeat(20_000))
  await client.sadd('integers', ...range(400))
  await client.sadd('set', 'a', '', everyByte)
  await client.sadd('large set', ...range(3_000).map((each) => `member ${each}`))
  await client.zadd(
    'scores',
    '-inf',
    'least',
    '9007199254740993',
    'large',
    '0.1',
    'tenth',
    '-0',
    'zero',
    '+inf',
    'most',
  )
  await client.zadd('scores', '1.7976931348623157e308', everyByte, '5e-324', '')
  await client.zadd('large sorted', ...range(2_500).flatMap((each) => [String(each / 3), `member ${each}`]))
  await client.geoadd('places', 13.361389, 38.115556, 'Palermo')
  await client.hset('hash', { name: 'value', '': '' })
  await client.hset('hash', everyByte, everyByte)
  await client.hset('large hash', Object.fromEntries(range(2_000).map((each) => [`field ${each}`, `value ${each}`])))
  await client.pexpireat('large hash', far + 1)
  await writeStream(client)
}

async function writeStream(client: Redis): Promise<void> {
  for (const each of range(300)) await client.xadd('stream', `${each + 1}-1`, 'number', each, '', everyByte)
  await client.xdel('stream', '7-1')
  await client.call('XADD', 'bounded', 'MAXLEN', '2', '1-1', 'a', '1')
  await client.xtrim('bounded', 'MAXLEN', 0)
  await client.xgroup('CREATE', 'stream', 'readers', '0')
  await client.xgroup('CREATE', 'stream', everyByte, '$')
  await client.xgroup('CREATE', 'bounded', 'idle', '$')
  await client.xreadgroup('GROUP', 'readers', 'first', 'COUNT', 3, 'STREAMS', 'stream', '>')
  await client.xreadgroup('GROUP', 'readers', 'second', 'COUNT', 2, 'STREAMS', 'stream', '>')
  await client.xack('stream', 'readers', '2-1')
  await client.call('XCLAIM', 'stream', 'readers', 'second', '0', '1-1')
  await client.xgroup('CREATECONSUMER', 'stream', 'readers', 'silent')
}

/** Fields that expire by themselves; where the server has them. */
export async function writeFieldExpiries(client: Redis): Promise<void> {
  await client.hset('fields', { stays: '1', goes: '2' })
  await client.call('HPEXPIREAT', 'fields', far, 'FIELDS', 1, 'goes')
  await client.hset('all fields', { one: '1', two: '2' })
  await client.call('HPEXPIREAT', 'all fields', far, 'FIELDS', 1, 'one')
  await client.call('HPEXPIREAT', 'all fields', far + 5, 'FIELDS', 1, 'two')
}

/** Every key with its value and expiry, read by commands, in a form that does not depend on the order inside. */
export async function readAll(client: Redis): Promise<Record<string, unknown>> {
  const keys = await client.keysBuffer('*')
  const entries = keys.map(async (key) => {
    const type = await client.type(key)
    return [key.toString('hex'), { type, expires: await expiry(client, key), value: await value(client, key, type) }]
  })
  return Object.fromEntries(await Promise.all(entries))
}

async function expiry(client: Redis, key: Buffer): Promise<number> {
  const script = `local left = redis.call('pttl', KEYS[1])
    if left < 0 then return left end
    local clock = redis.call('time')
    return clock[1] * 1000 + math.floor(clock[2] / 1000) + left`
  // To half a second: in Redis 6.2 the clock runs on between the two.
  return Math.round(Number(await client.eval(script, 1, key)) / 500)
}

async function value(client: Redis, key: Buffer, type: string): Promise<unknown> {
  switch (type) {
    case 'string':
      return (await client.getBuffer(key))?.toString('hex')
    case 'list':
      return hex(await client.lrangeBuffer(key, 0, -1))
    case 'set':
      return hex(await client.smembersBuffer(key)).sort()
    case 'zset':
      return hex(((await client.callBuffer('ZRANGE', key, 0, -1, 'WITHSCORES')) as Buffer[]).flat())
    case 'hash':
      return hashOf(client, key)
    default:
      return streamOf(client, key)
  }
}

async function hashOf(client: Redis, key: Buffer): Promise<unknown> {
  const names = (await client.hkeysBuffer(key)).sort(Buffer.compare)
  const values = hex((await client.hmgetBuffer(key, ...names)) as Buffer[])
  const expiries = await client.call('HPEXPIRETIME', key, 'FIELDS', names.length, ...names).catch(() => [])
  return { names: hex(names), values, expiries }
}

/** Everything the server knows of it, but for when a consumer was last seen, which is told as an age too. */
async function streamOf(client: Redis, key: Buffer): Promise<unknown> {
  const full = (await client.callBuffer('XINFO', 'STREAM', key, 'FULL', 'COUNT', 0)) as unknown
  const pending = await Promise.all(
    ((await client.callBuffer('XINFO', 'GROUPS', key)) as Buffer[][]).map((group) =>
      client.callBuffer('XPENDING', key, group[1] as Buffer),
    ),
  )
  return { full: texts(full), pending: texts(pending) }
}

function texts(reply: unknown): unknown {
  if (Array.isArray(reply)) return reply.map(texts)
  return Buffer.isBuffer(reply) ? reply.toString('hex') : reply
}

function hex(values: readonly (Buffer | null)[]): (string | undefined)[] {
  return values.map((each) => each?.toString('hex'))
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index)
}
