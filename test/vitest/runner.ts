/** The runners that tests drive: their own folders with their own lock files, and the packed package unpacked into them. */
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { execa } from 'execa'
import { lock } from 'proper-lockfile'

/** The newest first: where time is short it is the one that everything runs on. */
export const runners = ['vitest-5', 'vitest-4', 'vitest-3'] as const

export const jestRunners = ['jest-30', 'jest-29'] as const

export type JestRunnerName = (typeof jestRunners)[number]

/** `others`: what is neither Vitest nor Jest. `jest-30-express`: what the bookstore example depends on. */
export type RunnerName = (typeof runners)[number] | JestRunnerName | 'jest-30-express' | 'others'

const packageFolder = join(import.meta.dirname, '..', '..')
const runnersFolder = join(import.meta.dirname, '..', 'runners')

export function runnerFolder(name: RunnerName): string {
  return join(runnersFolder, name)
}

/** Installs the runner and the package as it would be published, unless both are there already. */
export async function prepareRunner(name: RunnerName): Promise<string> {
  const folder = runnerFolder(name)
  const unlock = await lock(folder, {
    lockfilePath: join(folder, '.install.lock'),
    retries: { retries: 600, minTimeout: 100, maxTimeout: 500 },
  })
  try {
    await installRunner(folder)
    await installPackage(folder)
  } finally {
    await unlock()
  }
  return folder
}

async function installRunner(folder: string): Promise<void> {
  const wanted = readFileSync(join(folder, 'package-lock.json'), 'utf8')
  const stamp = join(folder, 'node_modules', '.isolane-runner')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  await execa('npm', ['ci', '--no-audit', '--no-fund'], { cwd: folder })
  writeFileSync(stamp, wanted)
}

/**
 * Unpacked rather than linked: a link's real path would find the root's Vitest, not the runner's. Databases' clients are
 * found further up, in the root's node_modules.
 */
async function installPackage(folder: string): Promise<void> {
  const target = join(folder, 'node_modules', 'isolane')
  const stamp = join(folder, 'node_modules', '.isolane-package')
  const wanted = builtFilesKey()
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  rmSync(stamp, { force: true })
  rmSync(target, { recursive: true, force: true })
  mkdirSync(target)
  const staging = mkdtempSync(join(tmpdir(), 'isolane-pack-'))
  try {
    await execa('npm', ['pack', '--pack-destination', staging], { cwd: packageFolder })
    const [archive = ''] = readdirSync(staging)
    await execa('tar', ['-xzf', join(staging, archive), '--strip-components=1', '-C', target])
    linkDependencies(target)
  } finally {
    rmSync(staging, { recursive: true, force: true })
  }
  writeFileSync(stamp, wanted)
}

/** Jest brings older versions of some of them, which must not come first. */
function linkDependencies(target: string): void {
  const { dependencies } = JSON.parse(readFileSync(join(target, 'package.json'), 'utf8')) as {
    readonly dependencies: Readonly<Record<string, string>>
  }
  for (const name of Object.keys(dependencies)) {
    const link = join(target, 'node_modules', name)
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(join(packageFolder, 'node_modules', name), link, 'junction')
  }
}

/** Changes with every build. */
function builtFilesKey(): string {
  const dist = join(packageFolder, 'dist')
  if (!existsSync(join(dist, 'vitest', 'setup.js')))
    throw new Error('These tests need the built package: npm run build')
  const hash = createHash('sha256').update(readFileSync(join(packageFolder, 'package.json')))
  for (const name of readdirSync(dist, { recursive: true, encoding: 'utf8' }).sort()) {
    const { size, mtimeMs } = statSync(join(dist, name))
    hash.update(`${name} ${size} ${mtimeMs}\n`)
  }
  return hash.digest('hex')
}
