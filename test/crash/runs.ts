/** Runs that can be killed: processes of their own, from the sources, on a project of their own. */
import { createConnection } from 'node:net'
import { join } from 'node:path'
import type { Lane } from '../../src/core/lane.ts'
import { LaneClient } from '../../src/core/lane-client.ts'
import type { LaneServerAddress } from '../../src/core/lane-protocol.ts'
import type { ServiceStatus } from '../../src/core/service-host.ts'
import { type CliOptions, config, packageFolder, Sandbox, type SandboxOptions } from '../cli/sandbox.ts'
import type { Program } from '../vitest/program.ts'

export const services = {
  postgres: "postgres: postgres({ version: '15', migrations: './migrations' })",
  valkey: "redis: redis({ version: 'valkey@9' })",
  neo4j: "neo4j: neo4j({ version: '5.26' })",
}

export function sandboxOf(chosen: readonly string[], options: SandboxOptions = {}): Sandbox {
  return new Sandbox({
    program: join(packageFolder, 'src', 'cli', 'index.ts'),
    ...options,
    files: {
      'isolane.config.ts': config(chosen.join(', '), '', join(packageFolder, 'src', 'index.ts')),
      'migrations/1_cities.sql': "CREATE TABLE city (name text PRIMARY KEY);\nINSERT INTO city VALUES ('Oslo');\n",
      ...options.files,
    },
  })
}

export interface OpenRun {
  readonly program: Program
  readonly address: LaneServerAddress
  readonly services: readonly ServiceStatus[]
}

/** A run that has its stack open. */
export async function openRun(sandbox: Sandbox, options: CliOptions = {}): Promise<OpenRun> {
  const program = sandbox.script(fixture('own-stack.ts'), [], options)
  const [, json = ''] = await program.says(/^ready (.+)$/m)
  return { program, ...(JSON.parse(json) as Pick<OpenRun, 'address' | 'services'>) }
}

export function fixture(name: string): string {
  return join(import.meta.dirname, 'fixtures', name)
}

/** What a worker of that run does. Dispose of it, or its lane stays leased. */
export async function lease(run: OpenRun, what = 'a worker'): Promise<{ client: LaneClient; lane: Lane } & Disposable> {
  const client = await LaneClient.connect(run.address)
  const lane = await client.request('lease', { holder: { pid: process.pid, what } })
  return { client, lane, [Symbol.dispose]: () => client.close() }
}

/** The cities in a lane; `Oslo` alone when it is clean. Waits while the server says that it is still recovering. */
export async function cities(lane: Lane): Promise<string[]> {
  const { default: pg } = await import('pg')
  for (;;) {
    const client = new pg.Client(lane.env.DATABASE_URL)
    client.on('error', () => {})
    try {
      await client.connect()
      const { rows } = await client.query<{ name: string }>('SELECT name FROM city ORDER BY name')
      return rows.map(({ name }) => name)
    } catch (error) {
      // A server that has lost a process ends all its connections and recovers.
      const { code, message } = error as Error & { readonly code?: string }
      if (code !== '57P03' && code !== '57P02' && message !== 'Connection terminated unexpectedly') throw error
    } finally {
      await client.end().catch(() => {})
    }
  }
}

/** A run from its start to its end, with a lane that is as it should be. */
export async function greenRun(sandbox: Sandbox, options: CliOptions = {}): Promise<string> {
  const run = await openRun(sandbox, options)
  using leased = await lease(run)
  const found = leased.lane.env.DATABASE_URL ? await cities(leased.lane) : ['Oslo']
  if (found.join() !== 'Oslo') throw new Error(`the lane held ${found.join()}`)
  leased.client.close()
  run.program.type('end\n')
  const { code } = await run.program.ended
  if (code !== 0) throw new Error(`the run ended with ${code}:\n${run.program.output}`)
  return run.program.output
}

/** Those of the services' ports on which anybody listens. */
export async function openPorts(statuses: readonly ServiceStatus[]): Promise<number[]> {
  const ports = statuses.flatMap(({ ports }) => Object.values(ports))
  const listening = await Promise.all(ports.map(listens))
  return ports.filter((_, index) => listening[index])
}

function listens(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const socket = createConnection({ host: '127.0.0.1', port }, () => resolve(true)).once('error', () => resolve(false))
  return promise.finally(() => socket.destroy())
}
