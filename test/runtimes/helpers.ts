import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Endpoint, Instance, RuntimeContext } from '../../src/core/contracts.ts'
import { cacheFolder } from '../../src/core/folders.ts'
import type { ReportEvent } from '../../src/core/report.ts'
import { Run } from '../../src/core/run.ts'

/** Engines are downloaded once for all tests, and for the developer too. */
export const sharedCache = cacheFolder()

/** A folder other users may enter, removed by {@link removeFolders}. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'isolane-test-'))
  chmodSync(folder, 0o755)
  folders.push(folder)
  return folder
}

const folders: string[] = []

export function removeFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
}

export interface TestContext extends RuntimeContext {
  readonly runsFolder: string
  readonly events: ReportEvent[]
}

/** A run with a state folder of its own. */
export function testContext(cache = sharedCache): TestContext {
  const runsFolder = join(temporaryFolder(), 'runs')
  const events: ReportEvent[] = []
  return {
    run: new Run(runsFolder, 'test'),
    cacheFolder: cache,
    report: (event) => events.push(event),
    events,
    runsFolder,
  }
}

export interface Owner {
  readonly process: ChildProcess
  readonly endpoint: Endpoint
  readonly pid: number
  readonly warnings: readonly string[]
  readonly error?: string
  readonly code?: string
  kill(signal: NodeJS.Signals): Promise<void>
}

export interface OwnerOptions {
  readonly kind: string
  readonly runsFolder: string
  readonly cacheFolder?: string
  readonly environment?: NodeJS.ProcessEnv
  readonly uid?: number
  readonly folder?: string
  /** The name under which its data are kept; its spec is a durable one then. */
  readonly keep?: string
  /** Node's program, where the user of the process can't reach ours. */
  readonly node?: string
}

/** Starts an instance in another process. */
export async function startOwner(options: OwnerOptions): Promise<Owner> {
  const script = join(import.meta.dirname, 'owner.ts')
  const child = spawn(
    options.node ?? process.execPath,
    [script, options.kind, options.runsFolder, options.cacheFolder ?? sharedCache, options.keep ?? ''],
    {
      cwd: options.folder,
      env: { ...process.env, ...options.environment },
      stdio: ['pipe', 'pipe', 'inherit'],
      ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
    },
  )
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const line = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve)
    child.once('exit', (code) => reject(new Error(`the owner ended with ${code} and said nothing`)))
    child.once('error', reject)
  })
  return {
    ...(JSON.parse(line) as Pick<Owner, 'endpoint' | 'pid' | 'warnings'>),
    process: child,
    kill: async (signal) => {
      child.kill(signal)
      await exited
    },
  }
}

/** One round trip to a Postgres server, on a connection of its own. */
export async function query(instance: Pick<Instance, 'endpoint'>, text: string): Promise<Record<string, unknown>[]> {
  const { default: pg } = await import('pg')
  const { host, ports, credentials } = instance.endpoint
  for (;;) {
    const { username: user, password } = credentials
    const client = new pg.Client({ host, port: ports.postgres, user, password, database: 'postgres' })
    client.on('error', () => {})
    try {
      await client.connect()
      return (await client.query(text)).rows
    } catch (error) {
      // 57P03: it accepts connections but is still starting up.
      if ((error as { code?: string }).code !== '57P03') throw error
    } finally {
      await client.end().catch(() => {})
    }
  }
}

/** One command to a Redis-like server. */
export async function command(instance: Pick<Instance, 'endpoint'>, ...words: [string, ...string[]]): Promise<unknown> {
  const { Redis } = await import('ioredis')
  const { host, ports, credentials } = instance.endpoint
  const client = new Redis({ host, port: ports.redis ?? 0, password: credentials.password, lazyConnect: true })
  try {
    await client.connect()
    return await client.call(...words)
  } finally {
    client.disconnect()
  }
}
