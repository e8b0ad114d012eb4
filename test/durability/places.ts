/** Where a program writes in one service of an environment: each write is acknowledged by itself, and can be read back. */

export interface Place extends AsyncDisposable {
  /** Resolves when the server has acknowledged it. */
  write(number: number, value: Buffer): Promise<void>
  /** All that is there. */
  read(): AsyncIterable<readonly [number: number, value: Buffer]>
}

export type Variables = Readonly<Record<string, string>>

/** How many are read at a time. */
const batch = 2_000

export const places: Readonly<Record<string, (env: Variables) => Promise<Place>>> = {
  postgres: openPostgres,
  redis: openRedis,
  neo4j: openNeo4j,
}

async function openPostgres({ DATABASE_URL }: Variables): Promise<Place> {
  const { default: pg } = await import('pg')
  const client = new pg.Client({ connectionString: DATABASE_URL, connectionTimeoutMillis: 5_000 })
  client.on('error', () => {})
  await client.connect()
  return {
    write: async (number, value) => {
      await client.query('INSERT INTO write (number, value) VALUES ($1, $2)', [number, value])
    },
    read: async function* () {
      for (let from = -1; ; ) {
        const text = 'SELECT number, value FROM write WHERE number > $1 ORDER BY number LIMIT $2'
        const { rows } = await client.query<{ number: number; value: Buffer }>(text, [from, batch])
        for (const { number, value } of rows) yield [number, value] as const
        const last = rows.at(-1)
        if (!last) return
        from = last.number
      }
    },
    [Symbol.asyncDispose]: () => client.end(),
  }
}

async function openRedis({ REDIS_URL = '' }: Variables): Promise<Place> {
  const { Redis } = await import('ioredis')
  const client = new Redis(REDIS_URL, { lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0 })
  client.on('error', () => {})
  await client.connect()
  return {
    write: async (number, value) => {
      await client.set(`write:${number}`, value)
    },
    read: async function* () {
      for (let cursor = '0'; ; ) {
        const [next, keys] = await client.scan(cursor, 'MATCH', 'write:*', 'COUNT', batch)
        const values = keys.length === 0 ? [] : await client.mgetBuffer(keys)
        for (const [index, key] of keys.entries()) {
          yield [Number(key.slice('write:'.length)), values[index] ?? Buffer.alloc(0)] as const
        }
        if (next === '0') return
        cursor = next
      }
    },
    [Symbol.asyncDispose]: async () => client.disconnect(),
  }
}

async function openNeo4j(env: Variables): Promise<Place> {
  const { NEO4J_URI = '', NEO4J_USER = '', NEO4J_PASSWORD = '', NEO4J_DATABASE = '' } = env
  const { default: neo4j } = await import('neo4j-driver')
  const driver = neo4j.driver(NEO4J_URI, neo4j.auth.basic(NEO4J_USER, NEO4J_PASSWORD), {
    connectionTimeout: 5_000,
    disableLosslessIntegers: true,
  })
  const session = driver.session({ database: NEO4J_DATABASE })
  await session.run('CREATE INDEX write_number IF NOT EXISTS FOR (w:Write) ON (w.number)')
  return {
    write: async (number, value) => {
      await session.run('CREATE (:Write {number: $number, value: $value})', { number, value: value.toString('base64') })
    },
    read: async function* () {
      for (let from = -1; ; ) {
        const text =
          'MATCH (w:Write) WHERE w.number > $from RETURN w.number AS number, w.value AS value ORDER BY w.number LIMIT toInteger($batch)'
        const { records } = await session.run(text, { from, batch })
        for (const record of records) yield [record.get('number'), Buffer.from(record.get('value'), 'base64')] as const
        const last = records.at(-1)
        if (!last) return
        from = last.get('number')
      }
    },
    [Symbol.asyncDispose]: async () => {
      await session.close()
      await driver.close()
    },
  }
}
