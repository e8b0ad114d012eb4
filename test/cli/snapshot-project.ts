import { chmodSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect } from 'vitest'
import { HeldLane } from '../../src/core/held-lane.ts'
import type { Lane } from '../../src/core/lane.ts'
import { LaneClient } from '../../src/core/lane-client.ts'
import { findUp } from '../../src/core/up-record.ts'
import { type CliResult, Sandbox } from './sandbox.ts'

const cities = "sqlite({ migrations: './cities.sql' })"

/** Stands in for `sqlite3`, which is not on every machine: shows the cities of the database that it is given. */
const shell = `#!${process.execPath}
import { DatabaseSync } from 'node:sqlite'
const cities = new DatabaseSync(process.argv[2], { readOnly: true }).prepare('SELECT name FROM city ORDER BY name').all()
console.log(cities.map(({ name }) => name).join(' '))
`

/** A project whose only service is SQLite, with a table of cities and none in it: quick to start. */
export class SnapshotProject extends Sandbox {
  constructor(services = `db: ${cities}`, rest = '') {
    super({
      files: {
        'isolane.config.ts': sqliteConfig(rest, services),
        'cities.sql': 'CREATE TABLE city (name TEXT PRIMARY KEY, people INTEGER);\n',
        'bin/sqlite3': shell,
      },
    })
    chmodSync(join(this.root, 'bin', 'sqlite3'), 0o755)
  }

  /** A lane of the stack that is up, held by this process, with these cities in it. */
  async hold(...cities: readonly string[]): Promise<HeldLane> {
    const held = await HeldLane.lease(this.source, { what: 'a test' })
    for (const city of cities) change(held, `INSERT INTO city VALUES ('${city}', 1)`)
    return held
  }

  /** As a failed test leaves it behind. @returns the lane's name */
  async keep(test: string, ...cities: readonly string[]): Promise<string> {
    const held = await this.hold(...cities)
    expect(await held.keep(test)).toEqual({})
    held.release()
    await this.#reaches(held.lane.id.name, 'kept')
    return held.lane.id.name
  }

  /** As a test that is to be saved after the run leaves it behind. @returns the lane's name */
  async leave(snapshot: string): Promise<string> {
    const held = await HeldLane.lease({ ...this.source, snapshot: { name: snapshot, of: 'all' } }, { what: 'a test' })
    held.release()
    await this.#reaches(held.lane.id.name, 'left')
    return held.lane.id.name
  }

  /** A snapshot of one lane with these cities. */
  async save(name: string, ...cities: readonly string[]): Promise<CliResult> {
    const held = await this.hold(...cities)
    try {
      return await this.cli(['snapshot', 'create', name, '--lane', held.lane.id.name])
    } finally {
      held.release()
    }
  }

  /** What `isolane open` shows of a lane. */
  async open(lane: string): Promise<string> {
    const { code, stdout, stderr } = await this.cli(['open', lane], { env: { PATH: join(this.root, 'bin') } })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    return stdout
  }

  /** The lanes that the stack has, by phase: those that are merely waiting are left out. */
  async lanes(): Promise<Readonly<Record<string, string>>> {
    const { lanes } = (await this.#ask((client) => client.request('status', {}))).pool
    return Object.fromEntries(
      lanes.flatMap(({ name, phase }) => (['kept', 'left', 'leased'].includes(phase) ? [[name, phase]] : [])),
    )
  }

  get source() {
    const up = findUp({ stateFolder: this.stateFolder, root: this.root, name: 'default' })
    if (!up) throw new Error('no stack is up')
    return { address: up.address, reset: 'never' } as const
  }

  /** The project's folder of snapshots. */
  get store(): string {
    const folder = join(this.stateFolder, 'snapshots')
    return join(folder, readdirSync(folder)[0] ?? '')
  }

  /** A lane with its passwords. */
  look(lane: string): Promise<Lane> {
    return this.#ask((client) => client.request('look', { lane }))
  }

  async #ask<Answer>(ask: (client: LaneClient) => Promise<Answer>): Promise<Answer> {
    const client = await LaneClient.connect(this.source.address)
    try {
      return await ask(client)
    } finally {
      client.close()
    }
  }

  async #reaches(lane: string, phase: string): Promise<void> {
    await expect.poll(async () => (await this.lanes())[lane]).toBe(phase)
  }
}

/** @param rest further options */
export function sqliteConfig(rest: string, services = `db: ${cities}`): string {
  return `import { defineStack, sqlite } from 'isolane'\nexport default defineStack({ services: { ${services} }, ${rest} })\n`
}

export function change({ lane }: HeldLane, sql: string): void {
  const database = new DatabaseSync(String(lane.endpoints.db?.file))
  database.exec(sql)
  database.close()
}
