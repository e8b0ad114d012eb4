import { resolve } from 'node:path'
import type { LaneEndpoint, ServiceContext } from './contracts.ts'
import { IsolaneError, isIsolaneError } from './errors.ts'
import { fingerprint } from './fingerprint.ts'
import { migrationFiles } from './migration-files.ts'
import { fingerprintStep, runSteps, type Step, type StepFile, type StepPurpose } from './template-steps.ts'

/** A migration file that data have seen. */
export interface AppliedMigration {
  /** Of the file, or of its folder where each migration has one. */
  readonly name: string
  /** Of what it does on the way up. */
  readonly digest: string
}

/** What data that stay were made with. Plain data, kept beside them. */
export interface MigrationRecord {
  /** Of a migrations folder or file, in the order they were run in. Empty for tools, which keep their own record. */
  readonly applied: readonly AppliedMigration[]
  /** Names what is run once and then never again: the seed, and migrations that are a function. */
  readonly once: Readonly<Partial<Record<StepPurpose, string>>>
}

export type Steps<Lane extends LaneEndpoint> = { readonly [Purpose in StepPurpose]?: Step<Lane> }

interface Place {
  readonly context: ServiceContext
  /** Of migration files, with the dot. */
  readonly extensions: readonly string[]
}

/** How a service brings data that stay up to date. */
export interface PendingRunner<Lane extends LaneEndpoint> extends Place {
  /** `dev`. */
  readonly environment: string
  readonly lane: Lane
  /** The environment's variables. */
  readonly env: Readonly<Record<string, string>>
  /** Runs one file and keeps the record that has it: both or neither, where the server can. */
  runFile(file: StepFile, record: MigrationRecord): Promise<void>
  /** Keeps a record that has changed for other reasons. */
  keep(record: MigrationRecord): Promise<void>
}

/** What data have seen on which all steps were just run. */
export async function recordOf<Lane extends LaneEndpoint>(steps: Steps<Lane>, place: Place): Promise<MigrationRecord> {
  const files = await filesOf(steps.migrations, place)
  return { applied: files.map(({ applied }) => applied), once: await ranOnce(steps, place) }
}

/**
 * Runs what has come since: new files of the migrations in their order, and a tool's command always, as it keeps its own
 * record. Functions and seeds are not run again, which is said once when they have changed.
 * @returns the record as it is now
 * @throws ISOLANE_ENVIRONMENT_CHANGED when an applied file was edited or removed, before anything is run;
 * ISOLANE_MIGRATION_FAILED
 */
export async function applyPending<Lane extends LaneEndpoint>(
  steps: Steps<Lane>,
  record: MigrationRecord,
  runner: PendingRunner<Lane>,
): Promise<MigrationRecord> {
  const { migrations } = steps
  let current = record
  if (isCommand(migrations)) {
    // What it does may replace what the record is kept in, also when it fails after that.
    await runCommand(migrations, runner).finally(() => runner.keep(current))
  } else if (migrations === undefined || typeof migrations === 'string') {
    const files = await filesOf(migrations, runner)
    refuseChanges(record, files, runner)
    const seen = new Set(record.applied.map(({ name }) => name))
    for (const { file, applied } of files.filter((each) => !seen.has(each.applied.name))) {
      current = { ...current, applied: [...current.applied, applied] }
      await runner.runFile(file, current)
      report(runner, 'done', `${applied.name} was applied to ${runner.environment}`)
    }
  }
  return noteWhatRanOnce(steps, current, runner)
}

interface RecordedFile {
  readonly file: StepFile
  readonly applied: AppliedMigration
}

async function filesOf<Lane extends LaneEndpoint>(step: Step<Lane> | undefined, place: Place): Promise<RecordedFile[]> {
  if (typeof step !== 'string') return []
  const { root } = place.context
  // Says what is missing as templates do.
  await fingerprintStep(step, 'migrations', root)
  const files = await migrationFiles(resolve(root, step), place.extensions)
  return files.map(({ name, up }) => ({ file: up, applied: { name, digest: fingerprint(up.text).slice(0, 32) } }))
}

function refuseChanges<Lane extends LaneEndpoint>(
  { applied }: MigrationRecord,
  files: readonly RecordedFile[],
  { environment, context }: PendingRunner<Lane>,
): void {
  const digests = new Map(files.map((each) => [each.applied.name, each.applied.digest]))
  const changed = applied.find(({ name, digest }) => digests.get(name) !== digest)
  if (!changed) return
  const how = digests.has(changed.name) ? 'was edited' : 'is gone'
  throw new IsolaneError({
    code: 'ISOLANE_ENVIRONMENT_CHANGED',
    message: `The migration ${changed.name} of ${context.name} ${how} since it was applied to ${environment}`,
    remedy: `restore it as it was and put the change into a new migration, or begin anew with \`isolane wipe ${environment}\``,
  })
}

async function runCommand<Lane extends LaneEndpoint>(migrations: Step<Lane>, runner: PendingRunner<Lane>) {
  const { environment } = runner
  try {
    await runSteps({ migrations }, { ...runner, runFile: async () => {} })
  } catch (error) {
    if (!isIsolaneError(error, 'ISOLANE_MIGRATION_FAILED')) throw error
    const { code, reason, output = '', cause } = error
    const remedy = `see what it says below; run it by hand with \`isolane exec --env ${environment} -- …\``
    throw new IsolaneError({ code, message: `${reason} on ${environment}`, remedy, output, cause })
  }
}

const changedSince = {
  migrations: 'the migrations are a function that has changed; it',
  seed: 'the seed has changed; it',
}
const newSince = { migrations: 'the migrations are a function now; it', seed: 'there is a seed now; it' }

async function noteWhatRanOnce<Lane extends LaneEndpoint>(
  steps: Steps<Lane>,
  record: MigrationRecord,
  runner: PendingRunner<Lane>,
): Promise<MigrationRecord> {
  const once = await ranOnce(steps, runner)
  const purposes = ['migrations', 'seed'] as const
  const changed = purposes.filter((purpose) => once[purpose] !== record.once[purpose])
  if (changed.length === 0) return record
  for (const purpose of changed.filter((each) => once[each] !== undefined)) {
    const changed = record.once[purpose] !== undefined
    const what = changed ? changedSince[purpose] : newSince[purpose]
    const text = `${what} is not run ${changed ? 'again ' : ''}on ${runner.environment} (\`isolane wipe ${runner.environment}\` begins anew)`
    report(runner, 'info', text)
  }
  const noted = { ...record, once }
  await runner.keep(noted)
  return noted
}

async function ranOnce<Lane extends LaneEndpoint>(
  { migrations, seed }: Steps<Lane>,
  { context }: Place,
): Promise<MigrationRecord['once']> {
  const once: Partial<Record<StepPurpose, string>> = {}
  if (migrations !== undefined && typeof migrations !== 'string' && !isCommand(migrations)) {
    once.migrations = await nameOf(migrations, 'migrations', context)
  }
  if (seed !== undefined) once.seed = await nameOf(seed, 'seed', context)
  return once
}

async function nameOf<Lane extends LaneEndpoint>(step: Step<Lane>, purpose: StepPurpose, { root }: ServiceContext) {
  return (await fingerprintStep(step, purpose, root)).fingerprint.slice(0, 32)
}

function isCommand<Lane extends LaneEndpoint>(step: Step<Lane> | undefined): step is Step<Lane> & object {
  return typeof step === 'object' && 'command' in step
}

function report<Lane extends LaneEndpoint>({ context }: PendingRunner<Lane>, kind: 'done' | 'info', text: string) {
  context.report({ kind, subject: context.name, text })
}
