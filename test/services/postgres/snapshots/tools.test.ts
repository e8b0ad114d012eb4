import { expect, test } from 'vitest'
import type { Instance, InstanceCommand } from '../../../../src/core/contracts.ts'
import { IsolaneError } from '../../../../src/core/errors.ts'
import { expandCommand } from '../../../../src/core/instance-command.ts'
import { openOwnServer } from '../../../../src/services/postgres/server.ts'
import { providedFolder, providedTools } from '../../../../src/services/postgres/snapshots/engine.ts'
import { runLocalProgram } from '../../../../src/services/postgres/snapshots/local-program.ts'
import { Tools } from '../../../../src/services/postgres/snapshots/tools.ts'
import { long } from '../../../long.ts'
import { programs, signal, subject } from '../harness.ts'
import { restore, save, snapshotsOf } from './saved.ts'

const files = {
  's.sql': `CREATE TABLE item (id serial PRIMARY KEY, name text); INSERT INTO item (name) VALUES ('one')`,
}

const notFound = () =>
  new IsolaneError({ code: 'ISOLANE_ENGINE_NOT_FOUND', message: 'There is none', remedy: 'install it' })

test.skipIf(long).each(['13', '17', '18'] as const)(
  `where the machine has no programs they are provided, for PostgreSQL %s${long}`,
  { timeout: 300_000 },
  async (version) => {
    const server = await subject({ version, seed: 's.sql' }, files, {
      programs: async (engine) => {
        if (engine.packages.length === 0) throw notFound()
        return programs(engine)
      },
    })
    try {
      const lane = await server.lane()
      await lane.client.query(`INSERT INTO item (name) VALUES ('two')`)
      using saved = await save(server.session, lane.id)
      expect(saved.state.details).toMatchObject({ tool: expect.stringMatching(/^pg_dump 18\./) })
      await lane.client.query('DELETE FROM item')
      await restore(server.session, lane.id, saved)
      expect((await (await lane.connect()).query('SELECT * FROM item')).rows).toEqual([
        { id: 1, name: 'one' },
        { id: 2, name: 'two' },
      ])
    } finally {
      await server.dispose()
    }
  },
)

test.skipIf(long)(`where there are none, saving says so, and marks work all the same${long}`, async () => {
  const server = await subject({ version: '17', seed: 's.sql' }, files, {
    programs: async () => {
      throw notFound()
    },
  })
  try {
    const lane = await server.lane()
    await expect(save(server.session, lane.id)).rejects.toMatchObject({ code: 'ISOLANE_ENGINE_NOT_FOUND' })
    await using mark = await snapshotsOf(server.session).mark(lane.id)
    await lane.client.query('DELETE FROM item')
    await mark.restore()
    expect(await lane.value('SELECT count(*)::int FROM item')).toBe(1)
  } finally {
    await server.dispose()
  }
})

test.skipIf(long)(
  `programs beside the server come first, and no password is among their arguments${long}`,
  async () => {
    const server = await subject({ version: '17' }, {}, { prepare: false })
    try {
      const folder = `${await programs(providedTools())}/${providedFolder}`
      const { endpoint } = server.instance
      const commands: InstanceCommand[] = []
      const instance: Instance = {
        ...server.instance,
        endpoint,
        owned: true,
        run: (command) => {
          commands.push(command)
          return runLocalProgram(folder, { ...command, ...expandCommand(command, endpoint.host, endpoint.ports) })
        },
      }
      const context = { name: 'postgres', root: '/', maximumLanes: 1, report: () => {}, signal, programs }
      const own = await openOwnServer(instance, {}, context)
      const tools = await Tools.find({ instance, server: own, context, signal }, 17)
      const out: Uint8Array[] = []
      await tools.run({
        program: 'psql',
        arguments: ['--tuples-only', '--no-align', '--command=SELECT current_database(), current_user'],
        database: 'postgres',
        output: async (piece) => {
          out.push(piece)
        },
      })
      expect(Buffer.concat(out).toString()).toBe(`postgres|${endpoint.credentials.username}\n`)
      expect(commands.at(-1)?.environment).toMatchObject({ PGHOST: '{host}', PGPORT: '{port.postgres}' })
      expect(JSON.stringify(commands.map((command) => command.arguments))).not.toContain(endpoint.credentials.password)
      const failing = tools.run({
        program: 'psql',
        arguments: ['--set=ON_ERROR_STOP=1', '--command=SELECT 1/0'],
        database: 'postgres',
      })
      await expect(failing).rejects.toThrow(/division by zero/)
      // A newer major than that of the programs there is left to others.
      const newer = Tools.find(
        { instance, server: own, context: { ...context, programs: () => Promise.reject(notFound()) }, signal },
        19,
      )
      await expect(newer).rejects.toMatchObject({ code: 'ISOLANE_ENGINE_NOT_FOUND' })
    } finally {
      await server.dispose()
    }
  },
)
