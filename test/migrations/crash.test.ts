import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { config, packageFolder, Sandbox } from '../cli/sandbox.ts'
import { long } from '../long.ts'

/** Several programs start here, one after the other. */
const patient = { timeout: 180_000 }

/** A tool that never finds an end. */
const step = `
import { writeFileSync } from 'node:fs'
import pg from ${JSON.stringify(pathToFileURL(join(packageFolder, 'node_modules/pg/lib/index.js')).href)}
const client = new pg.Client()
await client.connect()
const { rows } = await client.query("SELECT count(*)::int AS count FROM pg_class WHERE relname LIKE 'made_%'")
await client.query('CREATE TABLE made_' + rows[0].count + ' (id int)')
await client.end()
if (rows[0].count > 1) writeFileSync(process.env.STARTED, '')
`

test.skipIf(long)(
  `killed in the middle, twice, it leaves nothing that \`isolane gc\` does not remove${long}`,
  patient,
  async () => {
    await using sandbox = new Sandbox({
      files: {
        'isolane.config.ts': config("postgres: postgres({ version: '17' })", '', join(packageFolder, 'src/index.ts')),
        'step.mjs': step,
      },
      program: join(packageFolder, 'src/cli/index.ts'),
    })
    for (const name of ['first', 'second']) {
      const STARTED = join(sandbox.base, name)
      const args = ['migrations', 'test', '--rows', '10', '--up', 'node step.mjs']
      const program = sandbox.start(args, { env: { STARTED } })
      await expect.poll(() => existsSync(STARTED), patient).toBe(true)
      await program.kill()
    }
    expect(sandbox.leftovers.list()).not.toEqual([])
    expect(await sandbox.cli(['gc', '--yes'])).toMatchObject({ code: 0 })
    await sandbox.expectNothingLeft()
  },
)

test.skipIf(long)(`what is wrong on the command line is told before anything starts${long}`, patient, async () => {
  await using sandbox = new Sandbox({
    files: {
      'isolane.config.ts': config('postgres: postgres(), redis: redis()', '', join(packageFolder, 'src/index.ts')),
    },
    program: join(packageFolder, 'src/cli/index.ts'),
  })
  const test = (...rest: string[]) => sandbox.cli(['migrations', 'test', ...rest])
  const [none, service, down] = await Promise.all([test(), test('--service', 'redis'), test('--down', 'x')])
  expect(none.stderr).toContain('No `migrations` are named for postgres: name their folder in the config, or give')
  expect(service.stderr).toContain("Migrations of redis can't be tried out")
  expect([down.code, down.stderr]).toEqual([2, expect.stringContaining('--down needs --up')])
})
