import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { configOf, runtimes } from '../../src/builtin.ts'
import { silent } from '../../src/core/report.ts'
import { Run } from '../../src/core/run.ts'
import { RuntimeSet } from '../../src/core/runtime-choice.ts'
import { sweepDeadRuns } from '../../src/core/sweep.ts'
import { runCommand } from '../../src/matrix/run-command.ts'
import { config, packageFolder, Sandbox } from '../cli/sandbox.ts'
import { long } from '../long.ts'

afterEach(() => {
  vi.unstubAllEnvs()
})

function project(): Sandbox {
  const sandbox = new Sandbox({ files: { 'isolane.config.ts': config("postgres: postgres({ version: '16' })") } })
  vi.stubEnv('ISOLANE_STATE_DIR', sandbox.stateFolder)
  vi.stubEnv('ISOLANE_RUNTIME', 'native')
  return sandbox
}

async function run(sandbox: Sandbox, script: string, ended = new AbortController().signal) {
  const logFile = join(sandbox.base, 'run.log')
  const outcome = await runCommand({
    command: ['sh', '-c', script],
    config: await configOf(sandbox.root),
    environment: { ISOLANE_VERSIONS: 'postgres=16' },
    name: 'postgres 16',
    versions: { postgres: '16' },
    logFile,
    signal: ended,
    grace: 200,
  })
  return { outcome, log: readFileSync(logFile, 'utf8') }
}

const shown = 'echo "$DATABASE_URL, $ISOLANE_STACK, $ISOLANE_STACK_2, $ISOLANE_LANE, $MINE"'

test.skipIf(process.platform === 'win32')('a command sees nothing of a lane that it is started on', async () => {
  await using sandbox = project()
  vi.stubEnv('DATABASE_URL', 'postgres://mine')
  vi.stubEnv('MINE', 'mine')
  for (const name of ['ISOLANE_STACK', 'ISOLANE_LANE']) vi.stubEnv(name, undefined)
  expect((await run(sandbox, shown)).log).toBe('postgres://mine, , , , mine\n')
  for (const name of ['ISOLANE_STACK', 'ISOLANE_STACK_2', 'ISOLANE_LANE']) vi.stubEnv(name, 'lane-1')
  expect((await run(sandbox, shown)).log).toBe(', , , , mine\n')
})

/** Is killed as soon as the command has begun. */
const killed = `
import { createRequire, syncBuiltinESMExports } from 'node:module'
const processes = createRequire(import.meta.url)('node:child_process')
const { spawn } = processes
processes.spawn = (...line) => {
  spawn(...line)
  process.kill(process.pid, 'SIGKILL')
}
syncBuiltinESMExports()
const { runCommand } = await import('${packageFolder}/src/matrix/run-command.ts')
const config = { root: process.cwd(), services: {} }
await runCommand({ command: ['sleep', '600'], config, environment: {}, logFile: 'run.log', signal: AbortSignal.any([]) })
`

test.skipIf(process.platform !== 'linux')(
  'a command is ended by the next run, of any runtime, when its matrix is killed right after it began',
  async () => {
    await using sandbox = project()
    sandbox.write('killed.mjs', killed)
    await sandbox.script(join(sandbox.root, 'killed.mjs')).ended
    expect(sandbox.leftovers.processes()).toMatchObject([{ command: 'sleep 600 ' }])
    const next = new Run(join(sandbox.stateFolder, 'runs'), sandbox.root)
    const none = new RuntimeSet(runtimes, { run: next, cacheFolder: sandbox.cacheFolder, report: silent })
    await sweepDeadRuns(sandbox.stateFolder, none)
    next.end()
    await sandbox.expectNothingLeft()
  },
)

test.skipIf(long || process.platform === 'win32')(
  `what does not end is killed, and its servers are gone when that is told${long}`,
  async () => {
    await using sandbox = project()
    const begun = join(sandbox.root, 'begun')
    const stop = new AbortController()
    const deaf = `trap "" INT TERM; touch ${begun}; sleep 600 & while :; do wait; done`
    const line = `exec "${process.execPath}" "${packageFolder}/dist/cli.js" -C "${sandbox.root}" exec -- sh -c '${deaf}'`
    const running = run(sandbox, line, stop.signal)
    await expect.poll(() => existsSync(begun), { timeout: 20_000 }).toBe(true)
    stop.abort()
    expect((await running).outcome.status).toBe('stopped')
    expect(sandbox.leftovers.list()).toEqual([])
    await sandbox.expectNothingLeft()
  },
)
