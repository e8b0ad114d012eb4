import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { MatrixReport } from '../../src/matrix/json.ts'
import { config, packageFolder, readText, Sandbox } from '../cli/sandbox.ts'
import { long } from '../long.ts'

const isolane = [process.execPath, join(packageFolder, 'dist', 'cli.js')]

/** Says which server its lane has, and fails on one. */
const suite = `
import { createRequire } from 'node:module'
const pg = createRequire('${packageFolder}/package.json')('pg')
const client = new pg.Client(process.env.DATABASE_URL)
await client.connect()
const { rows } = await client.query('SHOW server_version')
await client.end()
console.log('server ' + rows[0].server_version + ' on ' + process.env.PGPORT + ' for ' + process.env.ISOLANE_COMBINATION)
if (rows[0].server_version.startsWith('16')) process.exit(7)
`

/** Commands without servers: one fails as soon as the next has begun, which goes on until it is ended. */
const commands = `
case $ISOLANE_COMBINATION in
  *-15) until [ -e begun ]; do sleep 0.01; done; [ -n "$STAY" ] || exit 3 ;;
esac
touch begun
exec sleep 600
`

function project(rest = ''): Sandbox {
  return new Sandbox({
    files: {
      'isolane.config.ts': config("postgres: postgres({ version: '15' })", rest),
      'suite.mjs': suite,
      'commands.sh': commands,
    },
  })
}

const ended = ({ combinations }: MatrixReport) => combinations.map(({ status }) => status)

test("the list feeds a CI system's job matrix, and what there is not is said before anything starts", async () => {
  await using sandbox = project("matrix: { postgres: ['15', '16'], exclude: [{ postgres: '16' }] }")
  const [list, unknown] = await Promise.all([
    sandbox.json(['matrix', '--list', '--json']),
    sandbox.cli(['matrix', '--postgres', '15,12', '--', 'touch', 'begun']),
  ])
  expect(list).toEqual({
    code: 0,
    value: [
      {
        name: 'postgres 15',
        slug: 'postgres-15',
        versions: { postgres: '15' },
        environment: { ISOLANE_VERSIONS: 'postgres=15', ISOLANE_COMBINATION: 'postgres-15' },
      },
    ],
  })
  expect(unknown).toMatchObject({ code: 1, stdout: '' })
  expect(unknown.stderr).toMatch(/^isolane: postgres: there is no version "12": .*\[ISOLANE_VERSION_UNSUPPORTED\]$/)
  expect(existsSync(join(sandbox.root, 'begun'))).toBe(false)
})

test.skipIf(long)(`each combination has a stack and a log of its own, and what failed is told${long}`, async () => {
  await using sandbox = project()
  const files = ['--json', 'out/matrix.json', '--junit', 'out/junit.xml']
  const line = ['matrix', '--postgres', '15,16,17', ...files, '--', ...isolane, 'exec', '--', 'node', 'suite.mjs']
  const summary = join(sandbox.root, 'summary.md')
  const { code, stdout, stderr } = await sandbox.cli(line, { env: { GITHUB_STEP_SUMMARY: summary } })
  expect(code, stderr).toBe(1)
  const report = JSON.parse(readText(join(sandbox.root, 'out', 'matrix.json'))) as MatrixReport
  expect(ended(report)).toEqual(['passed', 'failed', 'passed'])
  expect(report.combinations[1]).toMatchObject({ exitCode: 7, failure: 'it ended with exit code 7' })
  const logs = report.combinations.map(({ logFile }) => readText(logFile))
  const servers = logs.map((log) => /server (\d+).* on (\d+) for (\S+)/.exec(log)?.slice(1) ?? [])
  expect(servers.map(([major, , slug]) => [major, slug])).toEqual([
    ['15', 'postgres-15'],
    ['16', 'postgres-16'],
    ['17', 'postgres-17'],
  ])
  expect(stdout).toMatch(/^postgres 16 failed: it ended with exit code 7$/m)
  expect(stdout).toContain(`  | server 16`)
  expect(stdout).toContain(report.combinations[1]?.logFile)
  expect(stdout).toMatch(/^postgres 17 +passed/m)
  expect(stderr).toMatch(/^isolane matrix: postgres 16 failed: /m)
  expect(readText(join(sandbox.root, 'out', 'junit.xml'))).toContain('postgres 16')
  expect(readText(summary)).toContain('2 of 3 combinations passed')
  await sandbox.expectNothingLeft()
})

test.skipIf(long || process.platform === 'win32')(`with --fail-fast the others are stopped${long}`, async () => {
  await using sandbox = project()
  const line = ['matrix', '--postgres', '15,16,17', '--parallel', '2', '--fail-fast', '--json']
  const { code, value } = await sandbox.json([...line, '--', 'sh', 'commands.sh'])
  expect(code).toBe(1)
  expect(ended(value as MatrixReport)).toEqual(['failed', 'stopped', 'not started'])
  await sandbox.expectNothingLeft()
})

test.skipIf(long || process.platform === 'win32')(
  `a signal ends all of them, and what is known is told${long}`,
  async () => {
    await using sandbox = project()
    const line = ['matrix', '--postgres', '15,16,17', '--parallel', '2', '--', 'sh', 'commands.sh']
    const matrix = sandbox.start(line, { env: { STAY: 'yes' } })
    await expect.poll(() => existsSync(join(sandbox.root, 'begun'))).toBe(true)
    matrix.signal('SIGINT')
    expect(await matrix.ended).toEqual({ code: 130, signal: null })
    expect(matrix.output).toMatch(/^postgres 15 +stopped/m)
    expect(matrix.output).toMatch(/^postgres 17 +not started/m)
    await sandbox.expectNothingLeft()
  },
)

test.skipIf(long)(`what a killed matrix leaves is ended by the next runs${long}`, async () => {
  await using sandbox = project()
  const line = ['matrix', '--postgres', '15', '--', ...isolane, 'exec', '--', 'sh', '-c', 'touch begun; exec sleep 600']
  const matrix = sandbox.start(line)
  await expect.poll(() => existsSync(join(sandbox.root, 'begun'))).toBe(true)
  await matrix.kill()
  expect(sandbox.leftovers.processes()).not.toEqual([])
  // The first ends the command; should that be killed on the way, the second removes its servers.
  await sandbox.cli(['gc', '--yes'])
  await sandbox.cli(['gc', '--yes'])
  await sandbox.expectNothingLeft()
})
