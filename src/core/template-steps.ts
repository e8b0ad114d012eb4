import { access } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { LaneEndpoint, ServiceContext } from './contracts.ts'
import { type ErrorCode, IsolaneError, messageOf } from './errors.ts'
import { fingerprint, fingerprintParts } from './fingerprint.ts'
import { migrationFiles } from './migration-files.ts'
import { lastLines, runStepCommand } from './step-command.ts'

/** What a migration or seed function is called with: the template as if it were a lane. */
export interface StepContext<Lane extends LaneEndpoint = LaneEndpoint> {
  readonly lane: Lane
  /** The variables a test would see, e.g. `DATABASE_URL`. */
  readonly env: Readonly<Record<string, string>>
}

export type StepFunction<Lane extends LaneEndpoint = LaneEndpoint> = {
  // A method, so that a step of one service can stand where any service's step can.
  run(context: StepContext<Lane>): unknown
}['run']

/**
 * How migrations or seeds are made:
 * - a path, from the config's folder: one file, or a folder of files run in the order of their names, but for those, and
 *   parts of those, that take a migration back (`1_a.down.sql`, `-- migrate:down`);
 * - `{ command, inputs }`: the user's own tool, run once with the template's environment;
 * - `{ run, inputs }` or a function.
 *
 * `inputs` are the files and folders that decide the outcome. With them the result is kept between runs; a command or
 * function without them runs once per run, because nothing tells whether it would do the same again.
 */
export type Step<Lane extends LaneEndpoint = LaneEndpoint> =
  | string
  | StepFunction<Lane>
  | { readonly command: string; readonly inputs?: readonly string[] }
  | { readonly run: StepFunction<Lane>; readonly inputs?: readonly string[] }

export type StepPurpose = 'migrations' | 'seed'

/** What a step adds to a template's fingerprint, and whether that is all there is to know. */
export interface StepFingerprint {
  readonly fingerprint: string
  readonly cacheable: boolean
}

/** @throws ISOLANE_MIGRATIONS_NOT_FOUND when a path or an input does not exist. */
export async function fingerprintStep(
  step: Step | undefined,
  purpose: StepPurpose,
  root: string,
): Promise<StepFingerprint> {
  if (step === undefined) return { fingerprint: fingerprint('none'), cacheable: true }
  if (typeof step === 'string') {
    const path = resolve(root, step)
    await mustExist(path, purpose)
    return { fingerprint: fingerprint('up files', ...(await fingerprintParts(path))), cacheable: true }
  }
  if (typeof step === 'function') return { fingerprint: fingerprint('function', String(step)), cacheable: false }
  const what = 'command' in step ? step.command : String(step.run)
  const parts: (string | Uint8Array)[] = []
  for (const input of step.inputs ?? []) {
    const path = resolve(root, input)
    await mustExist(path, purpose)
    parts.push(input, ...(await fingerprintParts(path)))
  }
  return { fingerprint: fingerprint('run', what, ...parts), cacheable: step.inputs !== undefined }
}

export interface StepFile {
  readonly path: string
  readonly name: string
  readonly text: string
}

/** How a service runs steps of each form. */
export interface StepRunner<Lane extends LaneEndpoint> {
  readonly context: ServiceContext
  readonly lane: Lane
  readonly env: Readonly<Record<string, string>>
  /** Extensions of the files to run, with the dot: `['.sql']`. */
  readonly extensions: readonly string[]
  runFile(file: StepFile, purpose: StepPurpose): Promise<void>
}

interface RunningStep<Lane extends LaneEndpoint> {
  readonly purpose: StepPurpose
  readonly service: string
  readonly root: string
  readonly extensions: readonly string[]
  readonly context: StepContext<Lane>
  /** Ends a command that still runs. */
  readonly signal: AbortSignal
  runFile(file: StepFile): Promise<void>
}

/**
 * Runs the migrations, then the seed.
 * @throws ISOLANE_MIGRATION_FAILED or ISOLANE_SEED_FAILED, unless `runFile` threw an IsolaneError
 */
export async function runSteps<Lane extends LaneEndpoint>(
  steps: { readonly [Purpose in StepPurpose]?: Step<Lane> },
  { context, lane, env, extensions, runFile }: StepRunner<Lane>,
): Promise<void> {
  const { name: service, root, signal } = context
  for (const purpose of ['migrations', 'seed'] as const) {
    await runStep(steps[purpose], {
      purpose,
      service,
      root,
      signal,
      extensions,
      context: { lane, env },
      runFile: (file) => runFile(file, purpose),
    })
  }
}

async function runStep<Lane extends LaneEndpoint>(
  step: Step<Lane> | undefined,
  runner: RunningStep<Lane>,
): Promise<void> {
  if (step === undefined) return
  if (typeof step === 'string') {
    for (const file of await stepFiles(step, runner.purpose, runner)) await runner.runFile(file)
  } else if (typeof step === 'object' && 'command' in step) {
    await runCommand(step.command, runner)
  } else {
    await runFunction(typeof step === 'function' ? step : step.run, runner)
  }
}

interface StepPlace {
  readonly service: string
  readonly root: string
  readonly extensions: readonly string[]
}

/** @throws ISOLANE_MIGRATIONS_NOT_FOUND when a step names a path, and there is nothing to run */
export async function checkStep(step: Step | undefined, purpose: StepPurpose, place: StepPlace): Promise<void> {
  if (typeof step === 'string') await stepFiles(step, purpose, place)
}

async function stepFiles(
  step: string,
  purpose: StepPurpose,
  { service, root, extensions }: StepPlace,
): Promise<StepFile[]> {
  const path = resolve(root, step)
  await mustExist(path, purpose)
  const files = await migrationFiles(path, extensions)
  if (files.length > 0) return files.map(({ up }) => up)
  throw new IsolaneError({
    code: 'ISOLANE_MIGRATIONS_NOT_FOUND',
    message: `The folder ${path} holds no ${extensions.join(' or ')} files`,
    remedy: `put the ${purpose} of ${service} there, or correct the \`${purpose}\` option`,
  })
}

async function runCommand<Lane extends LaneEndpoint>(command: string, runner: RunningStep<Lane>): Promise<void> {
  const { root, signal, context } = runner
  const { failure, output, cause } = await runStepCommand({ command, root, signal, ...context })
  if (failure === undefined) return
  throw new IsolaneError({
    code: failureCode(runner.purpose),
    message: `The ${runner.purpose} command of ${runner.service}, \`${command}\`, failed (${failure})`,
    remedy: 'run it by hand against an empty database to see it fail; its output is below',
    output: lastLines(output),
    cause,
  })
}

async function runFunction<Lane extends LaneEndpoint>(
  run: StepFunction<Lane>,
  runner: RunningStep<Lane>,
): Promise<void> {
  try {
    await run(runner.context)
  } catch (error) {
    throw new IsolaneError({
      code: failureCode(runner.purpose),
      message: `The ${runner.purpose} function of ${runner.service} threw: ${messageOf(error).split('\n')[0]}`,
      remedy: `correct it in the config; it gets an empty database in \`lane.url\` and \`env\``,
      cause: error,
    })
  }
}

export function failureCode(purpose: StepPurpose): ErrorCode {
  return purpose === 'migrations' ? 'ISOLANE_MIGRATION_FAILED' : 'ISOLANE_SEED_FAILED'
}

async function mustExist(path: string, purpose: StepPurpose): Promise<void> {
  try {
    await access(path)
  } catch (error) {
    throw new IsolaneError({
      code: 'ISOLANE_MIGRATIONS_NOT_FOUND',
      message: `The ${purpose === 'seed' ? 'seed' : 'migrations'} path ${path} does not exist`,
      remedy: `create it, or correct the \`${purpose}\` option in the config`,
      cause: error,
    })
  }
}
