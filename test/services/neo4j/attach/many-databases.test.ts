import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { serviceContract } from '../../../../src/contract-tests/service.ts'
import type { Service } from '../../../../src/core/contracts.ts'
import { createAttachRuntime } from '../../../../src/runtimes/attach/index.ts'
import { codeOf } from '../../../../src/services/neo4j/bolt/errors.ts'
import { type Neo4jLane, type Neo4jOptions, neo4j } from '../../../../src/services/neo4j/index.ts'
import { openServer } from '../../../../src/services/neo4j/open.ts'
import { long } from '../../../long.ts'
import { contractFixture } from '../contract-fixture.ts'
import { connect, count, laneId, query } from '../fixture.ts'
import { attach, communityServers, urlOf } from './fixture.ts'
import { manyDatabases } from './many-databases.ts'
import { innerDatabase, ManyServers } from './many-servers.ts'
import { realServer, realServerUrl } from './real-server.ts'

const servers = communityServers({ database: innerDatabase })
let many: ManyServers

describe.skipIf(long)(`Neo4j with many databases${long}`, () => {
  beforeAll(async () => {
    many = await ManyServers.open(servers)
  })

  afterAll(() => many?.[Symbol.asyncDispose]())

  /** As for any server with many databases, but for the way to it. */
  function definition(options: Neo4jOptions = {}) {
    const attached = neo4j({ ...options, url: urlOf(many.main) })
    const open: Service<Neo4jOptions, Neo4jLane>['open'] = (...parts) => openServer(many.bolt, ...parts)
    return { ...attached, service: { ...attached.service, open } }
  }

  const reach = ({ database }: Neo4jLane) => many.serverOf(database)

  serviceContract<Neo4jLane>(
    'Neo4j, attached, many databases',
    () => contractFixture({ createRuntime: createAttachRuntime, define: definition, reach }),
    { lanes: 4 },
  )

  manyDatabases({
    attach: (options) => attach(options, 2, definition(options)),
    reach,
    names: async () => many.names,
    make: (database) => many.make(database),
    drop: (database) => many.rows('system', `DROP DATABASE \`${database}\` IF EXISTS`),
    recordsUrl: () => urlOf(many.serverOf('isolane')),
  })

  test('every command names one database of ours in quotes; the longer form is tried first, and only at first', async () => {
    many.commands.length = 0
    await using attached = await attach({}, 2, definition())
    const lane = await attached.session.createLane(laneId(1))
    expect((await attached.session.details?.())?.user).toBe('neo4j')
    await attached[Symbol.asyncDispose]()
    const [long, short, ...rest] = many.commands
    expect([long, short]).toEqual([
      'CREATE DATABASE `isolane` IF NOT EXISTS WAIT',
      'CREATE DATABASE `isolane` IF NOT EXISTS',
    ])
    expect(rest).toHaveLength(4)
    for (const command of rest) {
      expect(command).toMatch(
        /^(CREATE DATABASE `isolane-[0-9a-f]{8}-(template|lane-1)-\d` IF NOT EXISTS|DROP DATABASE `isolane-[0-9a-f]{8}-(template|lane-1)-\d` IF EXISTS)$/,
      )
    }
    expect(rest.at(-1)).toBe(`DROP DATABASE \`${lane.database}\` IF EXISTS`)
    // Community refuses them for what they ask, so it has understood them.
    await using driver = connect(many.main)
    for (const command of rest.flatMap((text) => [text, `${text} WAIT`])) {
      const error = await driver.executeQuery(command, {}, { database: 'system' }).catch((reason: unknown) => reason)
      expect(codeOf(error), command).toBe('Neo.ClientError.Statement.UnsupportedAdministrationCommand')
    }
  })

  test('a database of somebody else’s by the name of our records is refused, and stays', async () => {
    const records = many.serverOf('isolane')
    await using driver = connect(records)
    await query(driver, records, 'DROP CONSTRAINT isolane_run')
    await query(driver, records, 'CREATE (:Customer)')
    await expect(attach({}, 2, definition())).rejects.toThrow(/database isolane on .* did not make.*ATTACH_REFUSED/)
    expect(await count(driver, records)).toBe(1)
    await query(driver, records, 'MATCH (c:Customer) DELETE c')
  })

  const url = realServerUrl()
  // Registered only where there is one: see README.md.
  if (url) {
    serviceContract<Neo4jLane>('Neo4j, attached, a real server with many databases', () =>
      contractFixture({ createRuntime: createAttachRuntime, define: (options) => neo4j({ ...options, url }) }),
    )
    describe('a real server with many databases', () => manyDatabases(realServer(url)))
  }
})
