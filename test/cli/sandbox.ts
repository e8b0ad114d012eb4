/** A project in a fresh folder, with a state folder that nobody else uses, and the command line working on it. */
import { spawn } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { execa } from 'execa'
import { expect } from 'vitest'
import { cacheFolder } from '../../src/core/folders.ts'
import { Leftovers } from '../vitest/leftovers.ts'
import { Program } from '../vitest/program.ts'

export const packageFolder = join(import.meta.dirname, '..', '..')

export interface SandboxOptions {
  /** The project's files by their paths in it. */
  readonly files?: Readonly<Record<string, string>>
  /** A cache that nobody else uses, instead of the one that all tests share. */
  readonly ownCache?: boolean
  /** The program to run as `isolane`, instead of the built one. */
  readonly program?: string
}

export interface CliOptions {
  readonly env?: Readonly<Record<string, string>>
  /** Folders that shall look empty to it. Root only. */
  readonly hidden?: readonly string[]
  /** On a terminal of its own, where somebody can be asked. */
  readonly terminal?: boolean
}

export interface CliResult {
  readonly code: number | undefined
  readonly signal: string | undefined
  readonly stdout: string
  readonly stderr: string
}

export class Sandbox implements AsyncDisposable {
  readonly base = mkdtempSync(join(tmpdir(), 'isolane-cli-'))
  readonly root = join(this.base, 'project')
  readonly stateFolder = join(this.base, 'state')
  readonly cacheFolder: string
  readonly leftovers: Leftovers
  readonly #program: string
  readonly #started: Program[] = []

  constructor({ files = {}, ownCache = false, program = builtProgram() }: SandboxOptions = {}) {
    // Servers that refuse root run as somebody else, who must get at a cache in here.
    chmodSync(this.base, 0o755)
    this.cacheFolder = ownCache ? join(this.base, 'cache') : cacheFolder()
    this.#program = program
    this.leftovers = new Leftovers(this.stateFolder)
    mkdirSync(join(this.root, 'node_modules'), { recursive: true })
    symlinkSync(packageFolder, join(this.root, 'node_modules', 'isolane'), 'dir')
    for (const [name, text] of Object.entries({ 'package.json': '{ "type": "module" }\n', ...files }))
      this.write(name, text)
  }

  write(name: string, text: string): void {
    const file = join(this.root, name)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  }

  remove(name: string): void {
    rmSync(join(this.root, name), { recursive: true })
  }

  /** `isolane …`, to its end. */
  async cli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
    const [program = '', ...line] = hiding(options.hidden ?? [], [process.execPath, this.#program, ...args])
    const { exitCode, signal, stdout, stderr } = await execa(program, line, {
      cwd: this.root,
      env: this.#environment(options),
      extendEnv: false,
      reject: false,
      stdin: 'ignore',
    })
    return { code: exitCode, signal, stdout, stderr }
  }

  /** As {@link cli}, for output that is JSON. */
  async json(args: readonly string[], options: CliOptions = {}): Promise<{ code: number | undefined; value: unknown }> {
    const { code, stdout } = await this.cli(args, options)
    return { code, value: JSON.parse(stdout) }
  }

  /** Starts `isolane …`. */
  start(args: readonly string[], options: CliOptions = {}): Program {
    return this.script(this.#program, args, options)
  }

  /** Starts any script with Node. */
  script(file: string, args: readonly string[] = [], options: CliOptions = {}): Program {
    const line = [process.execPath, file, ...args]
    // util-linux's `script` gives a program a terminal.
    const [program = '', ...rest] = options.terminal
      ? ['script', '-qec', `stty cols 120 rows 40; exec ${line.join(' ')}`, '/dev/null']
      : line
    const child = spawn(program, rest, {
      cwd: this.root,
      env: this.#environment(options),
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    const started = new Program(child)
    this.#started.push(started)
    return started
  }

  /** Fails when anything of this project's runs is left after a while: removing may go on after a process's end. */
  async expectNothingLeft(): Promise<void> {
    expect(this.leftovers.runCount).toBeGreaterThan(0)
    await expect.poll(() => this.#everythingLeft(), { timeout: 20_000, interval: 50 }).toEqual([])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const program of this.#started) await program.kill()
    const left = this.leftovers.list()
    if (left.some((what) => what.startsWith('a stack'))) await this.cli(['down', '--yes'])
    if (left.length > 0) await this.cli(['gc', '--quiet'])
    this.leftovers[Symbol.dispose]()
    rmSync(this.base, { recursive: true, force: true })
  }

  #everythingLeft(): string[] {
    const partials = ['engines', 'initialised', 'saved', 'warm'].flatMap((name) =>
      list(join(this.cacheFolder, name)).filter(
        (entry) => entry.startsWith('.') && this.cacheFolder.startsWith(this.base),
      ),
    )
    const records = list(join(this.stateFolder, 'runs')).concat(list(join(this.stateFolder, 'up')))
    return [...this.leftovers.list(), ...partials, ...records]
  }

  #environment({ env }: CliOptions): NodeJS.ProcessEnv {
    const alien = /^(VITEST|ISOLANE_|NODE_|npm_|CI$|TEST$|DEV$|PROD$|MODE$|SSR$|BASE_URL$|FORCE_COLOR$)/
    const kept = Object.entries(process.env).filter(([name]) => !alien.test(name) || name === 'NODE_EXTRA_CA_CERTS')
    return {
      ...Object.fromEntries(kept),
      NO_COLOR: '1',
      // `auto` would take Docker wherever it answers.
      ISOLANE_RUNTIME: 'native',
      ISOLANE_STATE_DIR: this.stateFolder,
      ISOLANE_CACHE_DIR: this.cacheFolder,
      ...env,
    }
  }
}

/** A config of one Postgres with one table that holds one row. */
export function postgresProject(options = ''): Record<string, string> {
  return {
    'isolane.config.ts': config(`postgres: postgres({ version: '15', migrations: './migrations', ${options} })`),
    'migrations/1_cities.sql': 'CREATE TABLE city (name text PRIMARY KEY);\n',
    'migrations/2_first.sql': "INSERT INTO city VALUES ('Oslo');\n",
  }
}

export function config(services: string, rest = '', from = 'isolane'): string {
  return `import { defineStack, neo4j, postgres, redis } from '${from}'\nexport default defineStack({ services: { ${services} }, ${rest} })\n`
}

/** In a mount namespace of its own, where empty folders lie over the hidden ones. */
function hiding(folders: readonly string[], line: readonly string[]): readonly string[] {
  const there = folders.filter((folder) => existsSync(folder))
  if (there.length === 0) return line
  const mounts = there.map((folder) => `/bin/mount -t tmpfs tmpfs '${folder}' && `).join('')
  return ['/usr/bin/unshare', '--mount', '/bin/sh', '-c', `${mounts} exec "$@"`, 'sh', ...line]
}

function builtProgram(): string {
  const file = join(packageFolder, 'dist', 'cli.js')
  if (!existsSync(file)) throw new Error('These tests need the built package: npm run build')
  return file
}

function list(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : []
}

export function readText(file: string): string {
  return readFileSync(file, 'utf8')
}
