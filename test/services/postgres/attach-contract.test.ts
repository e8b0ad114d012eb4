import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { serviceContract } from '../../../src/contract-tests/service.ts'
import { createAttachRuntime } from '../../../src/runtimes/attach/index.ts'
import { postgres } from '../../../src/services/postgres/index.ts'
import { long } from '../../long.ts'
import { inLane } from './attach-lane.ts'
import { type ForeignServer, foreignServer } from './attach-server.ts'
import { programs } from './harness.ts'

let server: ForeignServer
let before: unknown

beforeAll(async () => {
  if (long) return
  // Before 16, who makes a role may do everything with it; attach.test.ts has what came after.
  server = await foreignServer('15')
  before = await server.portrait()
})

afterAll(() => server?.[Symbol.asyncDispose]())

const roles = { boss: '?sslmode=require&uselibpqcompat=true', keeper: '', maker: '' }

describe.skipIf(long).each(Object.entries(roles))(`%s${long}`, (role, parameters) => {
  serviceContract(`PostgreSQL, attached as ${role}`, async () => {
    const { folder } = server
    writeFileSync(join(folder, 'schema.sql'), 'CREATE TABLE item (id serial PRIMARY KEY, name text);')
    writeFileSync(join(folder, 'seed.sql'), "INSERT INTO item (name) VALUES ('one'), ('two');")
    return {
      runtime: createAttachRuntime(),
      programs,
      definition: postgres({ url: server.url(role, `/shop${parameters}`), migrations: 'schema.sql', seed: 'seed.sql' }),
      root: folder,
      seeded: 2,
      write: (lane) => inLane(lane, "INSERT INTO item (name) VALUES ('new')").then(() => {}),
      count: async (lane) => Number((await inLane(lane, 'SELECT count(*) FROM item'))[0]?.count),
      damage: (lane) => inLane(lane, "DELETE FROM item WHERE name = 'two'").then(() => {}),
    }
  })
})

test.skipIf(long)(
  `of all that, templates remain with the roles that own them, and what was there is as it was${long}`,
  async () => {
    const owners = await server.column(
      `SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname LIKE 'isolane_template_%' ORDER BY 1`,
    )
    expect(owners).toEqual([
      expect.stringMatching(/^isolane_lanes_/),
      expect.stringMatching(/^isolane_lanes_/),
      'maker',
    ])
    const templates = await server.column(`SELECT datname FROM pg_database WHERE datname LIKE 'isolane_template_%'`)
    for (const name of templates) await server.column(`ALTER DATABASE ${name} IS_TEMPLATE false`)
    for (const name of templates) await server.column(`DROP DATABASE ${name}`)
    for (const role of new Set(owners)) if (role !== 'maker') await server.column(`DROP ROLE ${role}`)
    expect(await server.portrait()).toEqual(before)
  },
)
