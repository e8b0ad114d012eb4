import { IsolaneError, messageOf } from '../../core/errors.ts'
import type { ProjectFiles } from './project-files.ts'

/** What `init` reads of a project's `package.json`. */
export interface Manifest {
  readonly scripts: Readonly<Record<string, string>>
  /** Every dependency with its range, development's own included. */
  readonly dependencies: Readonly<Record<string, string>>
  readonly isModule: boolean
  readonly usesTypeScript: boolean
  /** Installs packages for development: `npm install -D`. */
  readonly add: string
  /** Runs programs of the project's packages: `npx`. */
  readonly run: string
  /** The schema that Prisma is told of here. */
  readonly prisma: { readonly schema?: string; readonly seed?: string }
}

interface PackageJson {
  readonly type?: string
  readonly packageManager?: string
  readonly scripts?: Record<string, string>
  readonly dependencies?: Record<string, string>
  readonly devDependencies?: Record<string, string>
  readonly peerDependencies?: Record<string, string>
  readonly optionalDependencies?: Record<string, string>
  readonly prisma?: { readonly schema?: string; readonly seed?: string }
}

/** @throws ISOLANE_OPTION_INVALID without a `package.json` that can be read */
export function readManifest(files: ProjectFiles): Manifest {
  const text = files.read('package.json')
  if (text === undefined) throw unusable(`${files.root} has no package.json`)
  const parsed = parsePackage(text, files.root)
  const dependencies = {
    ...parsed.peerDependencies,
    ...parsed.optionalDependencies,
    ...parsed.dependencies,
    ...parsed.devDependencies,
  }
  return {
    scripts: parsed.scripts ?? {},
    dependencies,
    isModule: parsed.type === 'module',
    usesTypeScript: files.has('tsconfig.json') || 'typescript' in dependencies,
    ...packageManager(files, parsed.packageManager ?? ''),
    prisma: parsed.prisma ?? {},
  }
}

function parsePackage(text: string, root: string): PackageJson {
  try {
    return JSON.parse(text) as PackageJson
  } catch (error) {
    throw unusable(`package.json in ${root} can't be read (${messageOf(error)})`, error)
  }
}

function unusable(message: string, cause?: unknown): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message,
    remedy: 'run `isolane init` in the folder of the package that has the tests, or name it with `--root`',
    cause,
  })
}

function packageManager(files: ProjectFiles, field: string): Pick<Manifest, 'add' | 'run'> {
  const uses = (name: string, ...locks: readonly string[]) => field.startsWith(`${name}@`) || files.first(locks)
  if (uses('pnpm', 'pnpm-lock.yaml')) return { add: 'pnpm add -D', run: 'pnpm exec' }
  if (uses('yarn', 'yarn.lock')) return { add: 'yarn add -D', run: 'yarn' }
  if (uses('bun', 'bun.lock', 'bun.lockb')) return { add: 'bun add -d', run: 'bunx' }
  return { add: 'npm install -D', run: 'npx' }
}

/** For files that are ES modules: without `"type": "module"` Node has to be told, or it warns in every run. */
export function moduleExtension({ isModule, usesTypeScript }: Manifest): string {
  return `${isModule ? '' : 'm'}${usesTypeScript ? 'ts' : 'js'}`
}
