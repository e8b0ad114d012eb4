import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, relative, sep } from 'node:path'
import type { EnginePackage } from '../../../core/contracts.ts'
import { executable } from './find.ts'
import { type Fetched, RegistryError } from './registries/client.ts'

/**
 * Lays an engine out of a fetched package: a folder as it is in the package, a single program in `bin`, jars in `lib`.
 */
export async function unpack(fetched: Fetched, contents: EnginePackage['contents'], engine: string): Promise<void> {
  if (contents.kind === 'jars') {
    renameSync(fetched.path, join(engine, 'lib'))
  } else if (contents.kind === 'folder') {
    await unpackFolder(fetched, contents, engine)
  } else {
    await unpackProgram(fetched, contents, engine)
  }
}

async function unpackFolder(
  fetched: Fetched,
  contents: Extract<EnginePackage['contents'], { kind: 'folder' }>,
  engine: string,
): Promise<void> {
  if (isArchive(fetched.path)) {
    const prefix = contents.path === '.' ? '' : `${contents.path}/`
    for (const [name, bytes] of await members(fetched.path, (name) => name.startsWith(prefix))) {
      write(inside(engine, name.slice(prefix.length)), bytes, 0o755)
    }
    return
  }
  cpSync(join(fetched.path, contents.path), engine, { recursive: true, verbatimSymlinks: true })
  if (contents.symlinks) makeLinks(fetched.path, contents.path, contents.symlinks, engine)
}

async function unpackProgram(
  fetched: Fetched,
  contents: Extract<EnginePackage['contents'], { kind: 'program' }>,
  engine: string,
): Promise<void> {
  const matches = glob(contents.path)
  const target = join(engine, 'bin', executable(contents.program))
  if (isArchive(fetched.path)) {
    const [member] = await members(fetched.path, (name) => matches.test(name))
    if (!member) throw new RegistryError(`${basename(fetched.path)} holds no ${contents.path}`)
    write(target, member[1], 0o755)
    return
  }
  const file = readdirSync(fetched.path, { recursive: true, encoding: 'utf8' }).find((name) =>
    matches.test(name.split(sep).join('/')),
  )
  if (!file) throw new RegistryError(`the package holds no ${contents.path}`)
  write(target, readFileSync(join(fetched.path, file)), 0o755)
}

/** A list of `{ source, target }`, relative to the package: links that npm can't carry. */
function makeLinks(packageFolder: string, folder: string, list: string, engine: string): void {
  const file = [join(packageFolder, list), join(packageFolder, folder, list)].find((path) => existsSync(path))
  if (!file) return
  const links = JSON.parse(readFileSync(file, 'utf8')) as { source: string; target: string }[]
  for (const link of links) {
    const target = inside(engine, relative(folder, link.target))
    const source = inside(engine, relative(folder, link.source))
    rmSync(target, { force: true })
    symlinkSync(relative(dirname(target), source), target)
  }
}

async function members(archive: string, wanted: (name: string) => boolean): Promise<[string, Uint8Array][]> {
  const { unzipSync } = await import('fflate')
  const files = unzipSync(await readFile(archive), { filter: ({ name }) => !name.endsWith('/') && wanted(name) })
  return Object.entries(files)
}

function write(file: string, bytes: Uint8Array, mode: number): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, bytes, { mode })
}

/** Names in packages are not ours: none may lead out of the engine's folder. */
function inside(engine: string, name: string): string {
  const path = join(engine, name)
  const below = relative(engine, path)
  if (below.startsWith('..') || isAbsolute(below))
    throw new RegistryError(`the package names a file outside of it: ${name}`)
  return path
}

function isArchive(path: string): boolean {
  return /\.(whl|jar|zip)$/.test(path)
}

function glob(path: string): RegExp {
  return new RegExp(`^${path.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace(/\*/g, '[^/]*')}$`)
}
