/** A small project in a fresh folder below a runner's, and the real runner working on it. */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect } from 'vitest'
import { Leftovers } from './leftovers.ts'
import { Program } from './program.ts'
import { prepareRunner, type RunnerName } from './runner.ts'

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>
  /** On a terminal of its own, where key strokes count. */
  readonly terminal?: boolean
}

/** What a run came to. */
export interface Outcome {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly output: string
  /** Full names of tests by their state. */
  readonly passed: readonly string[]
  readonly failed: readonly string[]
  /** Messages of failed tests and files. */
  readonly messages: string
}

interface JsonResults {
  readonly testResults: readonly {
    readonly message?: string
    readonly assertionResults: readonly {
      readonly status: string
      readonly fullName: string
      readonly failureMessages?: readonly string[]
    }[]
  }[]
}

interface Runner {
  /** Its program, by its path in `node_modules`. */
  readonly program: readonly string[]
  /** Arguments for a single run that leaves its results in a file. */
  readonly once: (resultsFile: string) => readonly string[]
}

const vitest: Runner = {
  program: ['vitest', 'vitest.mjs'],
  once: (resultsFile) => ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${resultsFile}`],
}

/** Its results have the form that Vitest's have. */
const jest: Runner = {
  program: ['jest', 'bin', 'jest.js'],
  once: (resultsFile) => ['--json', `--outputFile=${resultsFile}`],
}

/** @param files the project's files by their paths in it. */
export async function openProject(runner: RunnerName, files: Readonly<Record<string, string>>): Promise<Project> {
  const folder = await prepareRunner(runner)
  const root = join(folder, 'projects', randomBytes(6).toString('hex'))
  mkdirSync(root, { recursive: true })
  const project = new Project(folder, root, runner.startsWith('jest') ? jest : vitest)
  for (const [name, text] of Object.entries({ 'package.json': '{ "type": "module" }\n', ...files })) {
    project.write(name, text)
  }
  return project
}

export class Project implements AsyncDisposable {
  readonly root: string
  /** What runs of this project have on record is seen by none other. */
  readonly stateFolder = mkdtempSync(join(tmpdir(), 'isolane-e2e-'))
  readonly leftovers = new Leftovers(this.stateFolder)
  readonly #runnerFolder: string
  readonly #runner: Runner
  readonly #programs: Program[] = []

  constructor(runnerFolder: string, root: string, runner = vitest) {
    this.#runnerFolder = runnerFolder
    this.#runner = runner
    this.root = root
  }

  write(name: string, text: string): void {
    const file = join(this.root, name)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  }

  read(name: string): string {
    return readFileSync(join(this.root, name), 'utf8')
  }

  list(name: string): string[] {
    return readdirSync(join(this.root, name))
  }

  /** One run, to its end. */
  async run(args: readonly string[] = [], options: RunOptions = {}): Promise<Outcome> {
    const resultsFile = join(this.stateFolder, `results-${randomBytes(4).toString('hex')}.json`)
    const program = this.start([...this.#runner.once(resultsFile), ...args], options)
    const { code, signal } = await program.ended
    return { code, signal, output: program.output, ...summary(resultsFile) }
  }

  /** Starts the runner; the caller ends it. */
  start(args: readonly string[], options: RunOptions = {}): Program {
    return this.#spawn([this.file(...this.#runner.program), ...args], options)
  }

  /** The command line `isolane`, to its end. */
  async cli(...args: string[]): Promise<{ code: number | null; output: string }> {
    return this.node([this.file('isolane', 'dist', 'cli.js'), ...args])
  }

  /** Node with these arguments, to its end. */
  async node(args: readonly string[], options: RunOptions = {}): Promise<{ code: number | null; output: string }> {
    const program = this.startNode(args, options)
    const { code } = await program.ended
    return { code, output: program.output }
  }

  /** Starts Node with these arguments; the caller ends it. */
  startNode(args: readonly string[], options: RunOptions = {}): Program {
    return this.#spawn(args, options)
  }

  /** A file of what is installed beside the runner. */
  file(...path: readonly string[]): string {
    return join(this.#runnerFolder, 'node_modules', ...path)
  }

  /** Fails when anything of this project's runs is left after a while: removing may go on after the runner's end. */
  async expectNothingLeft({ started = true } = {}): Promise<void> {
    if (started) expect(this.leftovers.runCount).toBeGreaterThan(0)
    await expect.poll(() => this.leftovers.list(), { timeout: 20_000, interval: 100 }).toEqual([])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const program of this.#programs) await program.kill()
    // Only after a failure is there anything to remove.
    if (this.leftovers.list().some((what) => what.startsWith('a stack'))) await this.cli('down')
    if (this.leftovers.list().length > 0) await this.cli('gc', '--quiet')
    this.leftovers[Symbol.dispose]()
    rmSync(this.root, { recursive: true, force: true })
    rmSync(this.stateFolder, { recursive: true, force: true })
  }

  #spawn(args: readonly string[], { env, terminal = false }: RunOptions): Program {
    const command = [process.execPath, ...args]
    // util-linux's `script` gives a program a terminal.
    const [program = '', ...rest] = terminal ? ['script', '-qfec', command.map(quoted).join(' '), '/dev/null'] : command
    const child = spawn(program, rest, {
      cwd: this.root,
      // `auto` would take Docker wherever it answers.
      env: { ...cleanEnvironment(), ISOLANE_RUNTIME: 'native', ISOLANE_STATE_DIR: this.stateFolder, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    const started = new Program(child)
    this.#programs.push(started)
    return started
  }
}

/** The runner must not find itself inside the one that runs this test, nor the CI's or a developer's settings. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const alien = /^(VITEST|ISOLANE_(?!CACHE_DIR)|NODE_|npm_|CI$|TEST$|DEV$|PROD$|MODE$|SSR$|BASE_URL$|FORCE_COLOR$)/
  const kept = Object.entries(process.env).filter(([name]) => !alien.test(name) || name === 'NODE_EXTRA_CA_CERTS')
  return { ...Object.fromEntries(kept), NO_COLOR: '1' }
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`
}

function summary(file: string): Pick<Outcome, 'passed' | 'failed' | 'messages'> {
  if (!existsSync(file)) return { passed: [], failed: [], messages: '' }
  const { testResults } = JSON.parse(readFileSync(file, 'utf8')) as JsonResults
  const tests = testResults.flatMap(({ assertionResults }) => assertionResults)
  const named = (wanted: string) => tests.filter(({ status }) => status === wanted).map(({ fullName }) => fullName)
  const messages = [
    ...testResults.map(({ message = '' }) => message),
    ...tests.flatMap(({ failureMessages = [] }) => failureMessages),
  ]
  return { passed: named('passed'), failed: named('failed'), messages: messages.filter(Boolean).join('\n') }
}
