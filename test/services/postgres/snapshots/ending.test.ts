import { mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { StateReader } from '../../../../src/core/contracts.ts'
import { providedFolder } from '../../../../src/services/postgres/snapshots/engine.ts'
import { runLocalProgram } from '../../../../src/services/postgres/snapshots/local-program.ts'
import { long } from '../../../long.ts'
import { programs, subject, temporaryFolder } from '../harness.ts'
import { restore, save, snapshotsOf } from './saved.ts'

const seed = {
  's.sql': `CREATE TABLE item (id serial PRIMARY KEY, name text);
    INSERT INTO item (name) SELECT repeat(md5(g::text), 20) FROM generate_series(1, 5000) g`,
}

test.skipIf(long || process.platform !== 'linux')(
  `a restore whose psql does not even begin fails, and waits for nothing${long}`,
  async () => {
    const folder = temporaryFolder()
    const server = await subject({ version: '17', seed: 's.sql' }, seed, {
      programs: async (engine) => {
        const found = await programs(engine)
        const within = engine.packages.length > 0 ? providedFolder : '.'
        mkdirSync(join(folder, within), { recursive: true })
        for (const program of ['pg_dump', 'pg_restore']) {
          symlinkSync(join(found, within, program), join(folder, within, program))
        }
        return folder
      },
    })
    try {
      const lane = await server.lane()
      using saved = await save(server.session, lane.id)
      await expect(restore(server.session, lane.id, saved)).rejects.toMatchObject({
        code: 'ISOLANE_RESTORE_FAILED',
        message: expect.stringContaining('ENOENT'),
      })
    } finally {
      await server.dispose()
      rmSync(folder, { recursive: true, force: true })
    }
  },
)

test.skipIf(long)(`a session that ends has its programs end${long}`, async () => {
  const server = await subject({ version: '17', seed: 's.sql' }, seed)
  try {
    const lane = await server.lane()
    using saved = await save(server.session, lane.id)
    const begun = Promise.withResolvers<void>()
    const never = new Promise<void>(() => {})
    const reader: StateReader = {
      read: (name) =>
        (async function* () {
          if (name === 'dump') {
            begun.resolve()
            await never
          }
          yield* saved.reader().read(name)
        })(),
    }
    const loading = snapshotsOf(server.session).load(lane.id, reader, saved.state)
    const told = expect(loading).rejects.toMatchObject({ code: 'ISOLANE_STACK_CLOSED' })
    await begun.promise
    await server.session[Symbol.asyncDispose]()
    await told
  } finally {
    await server.dispose()
  }
})

test.skipIf(long || process.platform === 'win32')(`a program that was told to end has ended${long}`, async () => {
  const ending = new AbortController()
  let output = ''
  const running = runLocalProgram('/bin', {
    program: 'sh',
    arguments: ['-c', 'trap "sleep 0.3; exit" TERM; echo $$; while :; do sleep 0.05; done'],
    output: async (piece) => {
      output += Buffer.from(piece).toString()
      ending.abort()
    },
    signal: ending.signal,
  })
  await expect(running).rejects.toMatchObject({ name: 'AbortError' })
  expect(() => process.kill(Number(output), 0)).toThrow(/ESRCH/)
})
