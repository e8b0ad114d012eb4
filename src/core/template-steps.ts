import { access, readdir, readFile, stat } from 'node:fs/promises'
import { basename, extname, join, resolve } from 'node:path'
import type { LaneEndpoint, ServiceContext } from './contracts.ts'
import { type ErrorCode, IsolaneError, messageOf } from './errors.ts'
import { fingerprint, fingerprintParts } from './fingerprint.ts'
import { processVariables } from './process-variables.ts'

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
 * - a path, from the config's folder: one file, or a folder of files run in the order of their names;
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
    return { fingerprint: fingerprint('files', ...(await fingerprintParts(path))), cacheable: true }
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
    for (const file of await stepFiles(resolve(runner.root, step), runner)) await runner.runFile(file)
  } else if (typeof step === 'object' && 'command' in step) {
    await runCommand(step.command, runner)
  } else {
    await runFunction(typeof step === 'function' ? step : step.run, runner)
  }
}

async function stepFiles<Lane extends LaneEndpoint>(path: string, runner: RunningStep<Lane>): Promise<StepFile[]> {
  await mustExist(path, runner.purpose)
  const isFolder = (await stat(path)).isDirectory()
  const names = isFolder ? await readdir(path) : [basename(path)]
  const chosen = names
    .filter((name) => !isFolder || runner.extensions.includes(extname(name).toLowerCase()))
    .sort(byNumberThenName)
  if (chosen.length === 0) {
    throw new IsolaneError({
      code: 'ISOLANE_MIGRATIONS_NOT_FOUND',
      message: `The folder ${path} holds no ${runner.extensions.join(' or ')} files`,
      remedy: `put the ${runner.purpose} of ${runner.service} there, or correct the \`${runner.purpose}\` option`,
    })
  }
  return Promise.all(
    chosen.map(async (name) => {
      const file = isFolder ? join(path, name) : path
      return { path: file, name, text: await readFile(file, 'utf8') }
    }),
  )
}

/** `2_b.sql` comes before `10_a.sql`, as whoever numbered them meant. */
function byNumberThenName(left: string, right: string): number {
  return left.localeCompare(right, 'en', { numeric: true })
}

async function runCommand<Lane extends LaneEndpoint>(command: string, runner: RunningStep<Lane>): Promise<void> {
  const { execa } = await import('execa')
  const result = await execa({
    shell: true,
    cwd: runner.root,
    env: processVariables(runner.context.env),
    preferLocal: true,
    localDir: runner.root,
    all: true,
    reject: false,
    stdin: 'ignore',
    ...(runner.signal ? { cancelSignal: runner.signal } : {}),
  })`${command}`
  runner.signal?.throwIfAborted()
  if (!result.failed) return
  throw new IsolaneError({
    code: failureCode(runner.purpose),
    message: `The ${runner.purpose} command of ${runner.service}, \`${command}\`, failed (${result.exitCode === undefined ? result.shortMessage : `exit code ${result.exitCode}`})`,
    remedy: 'run it by hand against an empty database to see it fail; its output is below',
    output: redact(lastLines(result.all ?? '', 40), runner.context),
    cause: result,
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

function lastLines(text: string, count: number): string {
  return text.split('\n').slice(-count).join('\n')
}

/** A tool that fails often prints the URL it was given. */
function redact<Lane extends LaneEndpoint>(text: string, context: StepContext<Lane>): string {
  const password = context.lane.password
  return typeof password === 'string' && password ? text.replaceAll(password, '•••') : text
}
