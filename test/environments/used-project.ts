import { Redis } from 'ioredis'
import pg from 'pg'
import { LaneClient } from '../../src/core/lane-client.ts'
import { findUp } from '../../src/core/up-record.ts'
import { Sandbox } from '../cli/sandbox.ts'

/** A project of Postgres, with a table of cities, and Redis, whose stack `tta` is up. */
export class UsedProject extends Sandbox {
  /** The variables that programs of an environment get. */
  async variables(environment: string, stateFolder = this.stateFolder): Promise<Readonly<Record<string, string>>> {
    const up = findUp({ stateFolder, root: this.root, name: 'tta' })
    if (!up) throw new Error('no stack is up')
    const client = await LaneClient.connect(up.address)
    try {
      return (await client.request('look', { lane: environment })).env
    } finally {
      client.close()
    }
  }

  async add(environment: string, city: string): Promise<void> {
    await this.#within(environment, this.stateFolder, async (client, redis) => {
      await client.query('INSERT INTO city VALUES ($1)', [city])
      await redis.set(city, 'a city')
    })
  }

  async clear(environment: string): Promise<void> {
    await this.#within(environment, this.stateFolder, async (client, redis) => {
      await client.query('DELETE FROM city')
      await redis.del(...(await redis.keys('*')))
    })
  }

  /** By service. */
  cities(environment: string, stateFolder = this.stateFolder): Promise<Readonly<Record<string, string>>> {
    return this.#within(environment, stateFolder, async (client, redis) => {
      const { rows } = await client.query<{ name: string }>('SELECT name FROM city ORDER BY name')
      const keys = await redis.keys('*')
      return { postgres: rows.map(({ name }) => name).join(' '), redis: keys.sort().join(' ') }
    })
  }

  async #within<Result>(
    environment: string,
    stateFolder: string,
    work: (client: pg.Client, redis: Redis) => Promise<Result>,
  ): Promise<Result> {
    const { DATABASE_URL, REDIS_URL = '' } = await this.variables(environment, stateFolder)
    const client = new pg.Client(DATABASE_URL)
    const redis = new Redis(REDIS_URL, { maxRetriesPerRequest: 1 })
    await client.connect()
    try {
      return await work(client, redis)
    } finally {
      await client.end()
      redis.disconnect()
    }
  }
}
