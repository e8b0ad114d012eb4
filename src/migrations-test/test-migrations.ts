import type { ResolvedConfig } from '../core/config.ts'
import type { Report } from '../core/report.ts'
import type { Runtimes } from '../core/runtime-choice.ts'
import { openStackHandle } from '../core/stack-handle.ts'
import { checkStep, runSteps, type StepFile } from '../core/template-steps.ts'
import { unlessAborted } from '../core/unless-aborted.ts'
import { type Subject, subjectOf } from './empty-stack.ts'
import { errorFinding } from './error-finding.ts'
import { FreshLanes } from './fresh-lanes.ts'
import { type Migrations, migrationsOf, nothingRun, type Tool } from './migrations.ts'
import { type Finding, fails, type MigrationResult, type MigrationsReport } from './report.ts'
import { Trial } from './trial.ts'
import { TrialLane } from './trial-lane.ts'

export interface MigrationsTestOptions {
  readonly config: ResolvedConfig
  readonly runtimes: Runtimes
  /** The service, where several have migrations. */
  readonly service?: string
  /** Runs the migrations instead of the config's files. */
  readonly tool?: Tool
  /** That each table is filled up to before each migration. */
  readonly rows: number
  readonly report: Report
  readonly signal: AbortSignal
}

/**
 * Applies a service's migrations one by one on data, and each also on two databases that began empty. The stack is one of
 * its own, which is gone when this ends.
 * @throws ISOLANE_OPTION_INVALID, ISOLANE_MIGRATIONS_NOT_FOUND, and as `openStackHandle` does; never for a migration
 */
export async function testMigrations(options: MigrationsTestOptions): Promise<MigrationsReport> {
  const { config, runtimes, tool, report, signal } = options
  const subject = subjectOf(config, options.service, tool !== undefined)
  const migrations = await migrationsOf(subject, tool)
  await checkStep(subject.steps.seed, 'seed', { ...subject.support, service: subject.service, root: config.root })
  const handle = await openStackHandle({ config: subject.config, runtimes, workers: 2, report, signal })
  try {
    const { service, support } = subject
    const lease = (what: string) =>
      TrialLane.lease({ source: handle.source, service, support, root: config.root, signal }, what)
    await using grown = await lease('isolane migrations test: with data')
    await using once = await lease('isolane migrations test: empty')
    await using again = await lease('isolane migrations test: empty, again')
    const fresh = new FreshLanes([once, again])
    const trial = new Trial({ grown, fresh, rows: options.rows, byTool: migrations.byTool })
    const results = await unlessAborted(signal, tryAll(trial, subject, migrations, options))
    if (tool && results.length === 0) throw nothingRun(tool, grown)
    const seed = results.every(({ data }) => data !== 'unknown')
      ? await unlessAborted(signal, trySeed(subject, fresh, options))
      : undefined
    const firstLoss = results.find(({ data }) => data === 'lost')?.name
    return {
      service,
      kind: subject.kind,
      version: grown.endpoint.version,
      rows: options.rows,
      passed: !(seed && fails(seed)) && !results.some(({ findings }) => findings.some(fails)),
      migrations: results,
      ...(firstLoss === undefined ? {} : { firstLoss }),
      unfilled: trial.unfilled,
      ...(trial.ending === undefined ? {} : { ending: trial.ending }),
      ...(seed ? { seed } : {}),
    }
  } finally {
    await handle.close()
  }
}

async function tryAll(
  trial: Trial,
  { service }: Subject,
  { all, count }: Migrations,
  { report, signal }: MigrationsTestOptions,
): Promise<readonly MigrationResult[]> {
  const results: MigrationResult[] = []
  for (const migration of all) {
    const which = `${results.length + 1}${count === undefined ? '' : ` of ${count}`}`
    report({ kind: 'progress', subject: service, text: `migration ${which}: ${migration.name()}` })
    const result = await trial.try(migration)
    signal.throwIfAborted()
    if (!result) break
    results.push(result)
    if (result.data === 'unknown') break
  }
  return results
}

/** The seed belongs to what the last migration leaves. */
async function trySeed(
  { steps: { seed }, support, service }: Subject,
  fresh: FreshLanes,
  { config: { root }, report, signal }: MigrationsTestOptions,
): Promise<Finding | undefined> {
  if (seed === undefined) return undefined
  const lane = fresh.whole
  if (!lane) return { kind: 'note', text: 'the seed was not run: no database has got all migrations' }
  report({ kind: 'progress', subject: service, text: 'the seed' })
  const context = { name: service, root, maximumLanes: 1, report, signal }
  const runFile = async (file: StepFile) => void (await lane.session.run(file))
  try {
    await runSteps({ seed }, { context, lane: lane.endpoint, env: lane.env, extensions: support.extensions, runFile })
    return undefined
  } catch (error) {
    return errorFinding('failure', 'the seed fails on what the migrations make', error)
  }
}
