import { createServer } from 'node:net'
import { Redis } from 'ioredis'
import pg from 'pg'
import { expect } from 'vitest'
import type { Endpoint } from '../../src/core/contracts.ts'
import type { Lane } from '../../src/core/lane.ts'
import { LaneClient } from '../../src/core/lane-client.ts'
import { findUp } from '../../src/core/up-record.ts'
import { config, Sandbox } from '../cli/sandbox.ts'

/** A project whose stack holds four environments: in Redis, which is quick, or in Postgres too. */
export class ActingProject extends Sandbox {
  readonly #hasPostgres: boolean

  private constructor(redisPort: number, postgresPort: number | undefined) {
    const redis = `redis: redis({ port: ${redisPort} })`
    const postgres = `postgres: postgres({ version: '15', port: ${postgresPort}, migrations: './cities.sql' })`
    const environments =
      'environments: { dev: {}, test: { lanes: true }, staging: { protected: true }, production: { protected: true } }'
    super({
      files: {
        'isolane.config.ts': config(
          postgresPort === undefined ? redis : `${redis}, ${postgres}`,
          `name: 'tta', ${environments}`,
        ),
        'cities.sql': 'CREATE TABLE city (name text PRIMARY KEY);\n',
      },
    })
    this.#hasPostgres = postgresPort !== undefined
  }

  /** One that is up, on ports that nobody has, with a city in each environment. */
  static async up({ postgres }: { readonly postgres: boolean }): Promise<ActingProject> {
    const project = new ActingProject(await freePort(), postgres ? await freePort() : undefined)
    expect(await project.cli(['up'])).toMatchObject({ code: 0 })
    for (const name of ['dev', 'test', 'staging', 'production']) await project.add(name, `${name}-city`)
    return project
  }

  async down(): Promise<void> {
    await this.cli(['down'])
    await this[Symbol.asyncDispose]()
  }

  async ask<Answer>(ask: (client: LaneClient) => Promise<Answer>): Promise<Answer> {
    const up = findUp({ stateFolder: this.stateFolder, root: this.root, name: 'tta' })
    if (!up) throw new Error('no stack is up')
    const client = await LaneClient.connect(up.address)
    try {
      return await ask(client)
    } finally {
      client.close()
    }
  }

  look(environment: string): Promise<Lane> {
    return this.ask((client) => client.request('look', { lane: environment }))
  }

  /** Writes a city into each service. */
  async add(environment: string, city: string): Promise<void> {
    if (this.#hasPostgres) await this.sql(environment, `INSERT INTO city VALUES ('${city}')`)
    await this.redis(environment, (redis) => redis.set(city, 'a city'))
  }

  /** The cities that each service has. */
  async cities(environment: string): Promise<string> {
    const keys = await this.redis(environment, (redis) => redis.keys('*'))
    const there = keys.sort().join(' ')
    if (!this.#hasPostgres) return there
    const rows = await this.sql(environment, 'SELECT name FROM city ORDER BY name')
    const here = rows.map(({ name }) => name).join(' ')
    return here === there ? here : `postgres: ${here}; redis: ${there}`
  }

  /** Fails where an environment has anything but its own city. */
  async expectUntouched(...names: readonly string[]): Promise<void> {
    for (const name of names) expect(await this.cities(name)).toBe(`${name}-city`)
  }

  async sql(environment: string, statement: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
    const { endpoints } = await this.look(environment)
    return query(String(endpoints.postgres?.url), statement)
  }

  async redis<Result>(environment: string, work: (redis: Redis) => Promise<Result>): Promise<Result> {
    const { endpoints } = await this.look(environment)
    const redis = new Redis(String(endpoints.redis?.url), { maxRetriesPerRequest: 1 })
    try {
      return await work(redis)
    } finally {
      redis.disconnect()
    }
  }

  /** As the administrator of the server with the environments. */
  async administer(database: string, statement: string): Promise<void> {
    const { services } = await this.ask((client) => client.request('status', { passwords: true }))
    const { endpoints = [] } =
      services.find(({ name, serves }) => name === 'postgres' && serves === 'environments') ?? {}
    const { host, ports, credentials } = endpoints[0] as Endpoint
    const { username, password } = credentials
    const url = `postgresql://${username}:${encodeURIComponent(password)}@${host}:${Object.values(ports)[0]}/${database}`
    await query(url, statement)
  }
}

async function query(url: string, statement: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    return (await client.query(statement)).rows
  } finally {
    await client.end()
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  const { promise, resolve } = Promise.withResolvers<void>()
  server.listen(0, '127.0.0.1', resolve)
  await promise
  const address = server.address()
  await new Promise((closed) => server.close(closed))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
