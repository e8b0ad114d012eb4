/** Package managers, and a new user's project that one of them installs the tarball into. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { execa } from 'execa'
import { lock } from 'proper-lockfile'
import { locked } from '../../scripts/package/locked.ts'
import { manifest } from '../../scripts/package/manifest.ts'
import { pack } from '../../scripts/package/pack.ts'

const toolsFolder = join(import.meta.dirname, 'managers')

interface Manager {
  /** What is run, before all arguments. */
  readonly program: readonly string[]
  readonly install: readonly string[]
  /** Runs a program of the project's packages. */
  readonly exec: readonly string[]
  /** Has each of these packages in this version and no other. */
  readonly pinned: (versions: Readonly<Record<string, string>>) => object
  readonly settings: Readonly<Record<string, string>>
}

const tool = (...path: string[]) => [process.execPath, join(toolsFolder, 'node_modules', ...path)]

export const managers = {
  npm: {
    program: ['npm'],
    install: ['install', '--prefer-offline', '--no-audit', '--no-fund'],
    exec: ['exec', '--'],
    pinned: (overrides) => ({ overrides }),
    settings: {},
  },
  pnpm: {
    program: tool('pnpm', 'bin', 'pnpm.cjs'),
    install: ['install', '--prefer-offline', '--no-frozen-lockfile'],
    exec: ['exec'],
    pinned: (overrides) => ({ pnpm: { overrides } }),
    settings: {},
  },
  'Yarn Plug’n’Play': {
    program: tool('@yarnpkg', 'cli-dist', 'bin', 'yarn.js'),
    install: ['install'],
    exec: ['exec'],
    pinned: (resolutions) => ({ resolutions }),
    settings: {
      '.yarnrc.yml':
        'nodeLinker: pnp\nenableGlobalCache: true\nenableImmutableInstalls: false\nenableTelemetry: false\n',
      'yarn.lock': '',
    },
  },
} satisfies Readonly<Record<string, Manager>>

export type ManagerName = keyof typeof managers

/** Installs the package managers themselves, unless they are there already. */
export async function prepareManagers(): Promise<void> {
  const unlock = await lock(toolsFolder, {
    lockfilePath: join(toolsFolder, '.install.lock'),
    retries: { retries: 600, minTimeout: 100, maxTimeout: 500 },
  })
  try {
    const wanted = readFileSync(join(toolsFolder, 'package-lock.json'), 'utf8')
    const stamp = join(toolsFolder, 'node_modules', '.installed')
    if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
    await execa('npm', ['ci', '--no-audit', '--no-fund'], { cwd: toolsFolder })
    writeFileSync(stamp, wanted)
  } finally {
    await unlock()
  }
}

/** What the user asks for beside Isolane, by the lock file that says in which versions. */
export type UserPackages = Readonly<Record<string, readonly string[]>>

/** What a program wrote. */
interface Written {
  readonly stdout: string
  /** With standard error. */
  readonly all: string
}

/** A project outside of ours, so that it finds only what it asked for. */
export class UserProject implements Disposable {
  readonly root = mkdtempSync(join(tmpdir(), 'isolane-user-'))
  readonly #manager: Manager

  constructor(name: ManagerName) {
    this.#manager = managers[name]
  }

  /** @param settings more of the project's package.json */
  async install(packages: UserPackages, files: Readonly<Record<string, string>>, settings: object = {}): Promise<void> {
    const versions = pins(packages)
    const wanted = Object.values(packages).flat()
    const { file } = await pack(this.root)
    const project = {
      name: 'user',
      private: true,
      devDependencies: { ...Object.fromEntries(wanted.map((name) => [name, versions[name]])), isolane: `file:${file}` },
      ...this.#manager.pinned(versions),
      ...settings,
    }
    this.#write({ ...this.#manager.settings, ...files, 'package.json': JSON.stringify(project) })
    await this.#run(this.#manager.install)
  }

  /** Runs a program of the project's packages to its end. Throws when it fails. */
  exec(...command: string[]): Promise<Written> {
    return this.#run([...this.#manager.exec, ...command])
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true })
  }

  #write(files: Readonly<Record<string, string>>): void {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(this.root, name)), { recursive: true })
      writeFileSync(join(this.root, name), text)
    }
  }

  async #run(args: readonly string[]): Promise<Written> {
    const [program = '', ...rest] = [...this.#manager.program, ...args]
    return execa(program, rest, { cwd: this.root, env: ownEnvironment(), extendEnv: false, all: true })
  }
}

/**
 * Versions of the registry's packages as the lock files have them, so that a test does not depend on what is newest today;
 * packages that are there in two versions are left open.
 */
function pins(packages: UserPackages): Readonly<Record<string, string>> {
  const own = locked(Object.keys(manifest.dependencies), { peers: true })
  const users = Object.entries(packages).flatMap(([lockFile, names]) => locked(names, { peers: true, lockFile }))
  const versions = Map.groupBy([...own, ...users], ({ name }) => name)
  const single = [...versions].filter(([, found]) => new Set(found.map(({ version }) => version)).size === 1)
  return Object.fromEntries(single.map(([name, [found]]) => [name, found?.version ?? '']))
}

/** A user's programs must not find themselves inside this test's runner. */
function ownEnvironment(): NodeJS.ProcessEnv {
  const alien =
    /^(VITEST|NODE_(?!EXTRA_CA_CERTS)|npm_lifecycle|npm_package|npm_command|npm_config_\w*prefix|INIT_CWD|CI$|TEST$|DEV$|PROD$|MODE$|SSR$|BASE_URL$|FORCE_COLOR$)/
  const kept = Object.fromEntries(Object.entries(process.env).filter(([name]) => !alien.test(name)))
  // `npm exec node` takes the Node beside npm's own prefix, which is that of the Node that runs it.
  const PATH = [dirname(process.execPath), kept.PATH].join(delimiter)
  return { ...kept, PATH, NO_COLOR: '1' }
}
