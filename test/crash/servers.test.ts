import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { messageOf } from '../../src/core/errors.ts'
import { allJavas } from '../../src/runtimes/native/index.ts'
import { cities, lease, type OpenRun, openPorts, openRun, sandboxOf, services } from './runs.ts'

const hasJava = (await allJavas()).some(({ major }) => major >= 17)

interface Case {
  readonly name: string
  readonly services: readonly string[]
  /** Without its server no lane is left; Postgres recovers from the loss of one connection by itself. */
  readonly restarts: boolean
  /** The process to kill. */
  readonly victim: (run: OpenRun) => number
}

const serverOf = (kind: string) => (run: OpenRun) => run.services.find((service) => service.kind === kind)?.pids[0] ?? 0

test.each<Case>([
  { name: 'the Postgres server', restarts: true, services: [services.postgres], victim: serverOf('postgres') },
  {
    name: 'one Postgres connection',
    restarts: false,
    services: [services.postgres],
    victim: (run) => connectionOf(serverOf('postgres')(run)),
  },
  { name: 'the Valkey server', restarts: true, services: [services.valkey], victim: serverOf('redis') },
  ...(hasJava
    ? [{ name: 'the JVM of Neo4j', restarts: true, services: [services.neo4j], victim: serverOf('neo4j') }]
    : []),
])(
  '$name is killed mid-run: whoever holds a lane is told, later ones get good lanes',
  async ({ services: chosen, victim, restarts }) => {
    await using sandbox = sandboxOf(chosen)
    const run = await openRun(sandbox)
    {
      using held = await lease(run)
      const pid = victim(run)
      expect(pid).toBeGreaterThan(0)
      process.kill(pid, 'SIGKILL')
      // Either it is told that the lane is lost, or the server was back before anybody noticed.
      const outcome = await held.client.request('reset', {}).then(
        () => 'reset',
        (error: unknown) => messageOf(error).split('\n')[0] ?? '',
      )
      expect(outcome).toMatch(/^reset$|: .+\[ISOLANE_(LANE_LOST|RESET_FAILED)\]$/)
    }
    if (restarts) await run.program.says(/the server ended unasked and is started again/)
    for (let count = 0; count < 3; count += 1) {
      using later = await lease(run)
      if (later.lane.env.DATABASE_URL) expect(await cities(later.lane)).toEqual(['Oslo'])
      await later.client.request('reset', {})
      if (later.lane.env.DATABASE_URL) expect(await cities(later.lane)).toEqual(['Oslo'])
    }
    run.program.type('end\n')
    expect(await run.program.ended).toEqual({ code: 0, signal: null })
    expect(await openPorts(run.services)).toEqual([])
    await sandbox.expectNothingLeft()
  },
)

test('a server that keeps being killed is given up with a reason, not restarted for ever', async () => {
  await using sandbox = sandboxOf([services.valkey])
  const run = await openRun(sandbox)
  const port = run.services[0]?.ports.redis ?? 0
  let pid = serverOf('redis')(run)
  for (let round = 0; round < 4; round += 1) {
    process.kill(pid, 'SIGKILL')
    await run.program.says(new RegExp(`ended unasked(?:[\\s\\S]*ended unasked){${round}}`))
    if (round === 3) break
    const { services: now } = await statusOf(run)
    pid = now[0]?.pids[0] ?? 0
  }
  const error = await lease(run).then(
    () => 'leased',
    (reason: unknown) => messageOf(reason),
  )
  expect(error).toMatch(/\[ISOLANE_(LANE_FAILED|INSTANCE_ENDED)\]/)
  expect(port).toBeGreaterThan(0)
  run.program.type('end\n')
  await run.program.ended
  await sandbox.cli(['gc', '--yes'])
  await sandbox.expectNothingLeft()
})

async function statusOf(run: OpenRun): Promise<Pick<OpenRun, 'services'>> {
  // A lease waits until the server is there again.
  using leased = await lease(run)
  return await leased.client.request('status', {})
}

/** A backend process of a Postgres server: one that serves a connection. */
function connectionOf(postmaster: number): number {
  const lines = execFileSync('ps', ['--ppid', String(postmaster), '-o', 'pid=,args='], { encoding: 'utf8' }).split('\n')
  const line = lines.find(
    (text) => /postgres: (postgres|isolane)/.test(text) && !/launcher|writer|checkpointer/.test(text),
  )
  return Number(line?.trim().split(' ')[0])
}
