import type { ResolvedConfig } from '../core/config.ts'
import type { ServiceDefinition } from '../core/contracts.ts'
import { isIsolaneError, messageOf } from '../core/errors.ts'
import type { Lane } from '../core/lane.ts'
import { type MigrationFile, migrationFiles } from '../core/migration-files.ts'
import type { Report } from '../core/report.ts'
import { runSteps, type Step } from '../core/template-steps.ts'
import { unlessAborted } from '../core/unless-aborted.ts'
import type { NamedFile } from './named-files.ts'
import type { MigrationsRun } from './rehearsal.ts'

/** What is to be run on one service's upgraded data. */
export interface NamedMigrations {
  readonly service: string
  readonly files: readonly MigrationFile[]
}

/** Before anything starts. @throws what the file system says */
export async function readMigrations(
  { services }: ResolvedConfig,
  named: readonly NamedFile[],
): Promise<readonly NamedMigrations[]> {
  return Promise.all(
    named.map(async ({ service, path }) => ({
      service,
      files: await migrationFiles(path, services[service]?.service.migrations?.extensions ?? []),
    })),
  )
}

export interface MigrateOptions {
  readonly config: ResolvedConfig
  readonly service: string
  /** With the upgraded data. */
  readonly lane: Lane
  /** Further ones. */
  readonly files: readonly MigrationFile[]
  /** Whether the data come from the config's own migrations and seed, on the old version. */
  readonly fromTemplate: boolean
  readonly report: Report
  readonly signal: AbortSignal
}

/**
 * Runs migrations on upgraded data. Commands and functions of the config know what has been applied, so they are run again;
 * of files nobody knows, so only those that are asked for are.
 * @returns also what went wrong: whatever the data are then, the rest of the rehearsal goes on with them
 */
export async function migrate(options: MigrateOptions): Promise<MigrationsRun> {
  const { config, service, lane, files, fromTemplate, report, signal } = options
  const definition = config.services[service]
  const support = definition?.service.migrations
  if (!definition || !support) return { ran: [], milliseconds: 0, failures: [] }
  const own = support.steps(definition.options).migrations
  report({ kind: 'progress', subject: service, text: 'running migrations on the upgraded data' })
  const begun = performance.now()
  const ran: string[] = []
  const failures: string[] = []
  const attempt = async (what: string, work: () => Promise<unknown>) => {
    if (failures.length > 0) return
    ran.push(what)
    try {
      await unlessAborted(signal, work())
    } catch (error) {
      if (signal.aborted || !isIsolaneError(error)) throw error
      failures.push(messageOf(error))
    }
  }
  if (own !== undefined && typeof own !== 'string') {
    await attempt(nameOf(own), () => runOwn(options, definition, own))
  }
  const endpoint = lane.endpoints[service]
  if (files.length > 0 && endpoint) {
    await using session = support.open(endpoint, signal)
    for (const { name, up } of files) await attempt(name, () => session.run(up))
  }
  return {
    ran,
    ...(typeof own === 'string' ? { left: leftAlone(own, fromTemplate) } : {}),
    milliseconds: performance.now() - begun,
    failures,
  }
}

async function runOwn(
  { config, service, lane, report, signal }: MigrateOptions,
  { service: { env } }: ServiceDefinition,
  step: Step,
): Promise<void> {
  const endpoint = lane.endpoints[service]
  if (!endpoint) throw new Error(`the lane has no ${service}`)
  await runSteps(
    { migrations: step },
    {
      context: { name: service, root: config.root, maximumLanes: 1, report, signal },
      lane: endpoint,
      env: env(endpoint),
      extensions: [],
      runFile: async () => {},
    },
  )
}

function nameOf(step: Exclude<Step, string>): string {
  return typeof step === 'object' && 'command' in step ? step.command : 'the function in the config'
}

function leftAlone(path: string, fromTemplate: boolean): string {
  return fromTemplate
    ? `${path} was applied on the old version`
    : `which files of ${path} the snapshot has is not known; --migrations names those to run`
}
