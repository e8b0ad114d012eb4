import { execFile } from 'node:child_process'
import { readdirSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { EngineSpec } from '../../../core/contracts.ts'
import { foldersOnPath, isExecutable } from '../../../core/programs.ts'
import type { ServerUser } from '../user.ts'
import { canReach } from '../user.ts'
import { VersionMemo } from './version-memo.ts'
import { compareVersions, fits } from './versions.ts'

const run = promisify(execFile)

/** Programs of an engine as they lie on the machine. */
export interface FoundPrograms {
  readonly folder: string
  readonly version: string
}

/** Looks on PATH and in the usual folders. Also returns what was found but does not fit, for the error's text. */
export async function findPrograms(
  spec: EngineSpec,
  cacheFolder: string,
  user: ServerUser | undefined,
): Promise<{ best: FoundPrograms | undefined; others: readonly FoundPrograms[] }> {
  const [first] = spec.find?.programs ?? []
  const { find } = spec
  if (!find || !first) return { best: undefined, others: [] }
  const memo = new VersionMemo(cacheFolder)
  const all: (FoundPrograms & { onPath: boolean })[] = []
  for (const { folder, onPath } of programFolders(find)) {
    const program = join(folder, executable(first))
    if (user && !canReach(user, program)) continue
    const version = await memo.get(program, () => programVersion(program, find))
    if (version) all.push({ folder, version, onPath })
  }
  memo.store()
  const fitting = all.filter(({ version }) => fits(spec.version, version))
  const newest = fitting.toSorted((left, right) => compareVersions(right.version, left.version))[0]
  return {
    best: fitting.find(({ onPath }) => onPath) ?? newest,
    others: all.filter(({ version }) => !fits(spec.version, version)),
  }
}

/** Folders that hold all programs: those on PATH first, each once. */
function programFolders(find: NonNullable<EngineSpec['find']>): { folder: string; onPath: boolean }[] {
  const candidates = [
    ...foldersOnPath().map((folder) => ({ folder, onPath: true })),
    ...find.folders.flatMap(expandStar).map((folder) => ({ folder, onPath: false })),
  ]
  const seen = new Map<string, { folder: string; onPath: boolean }>()
  for (const candidate of candidates) {
    const folder = programsFolder(candidate.folder, find.programs)
    if (folder && !seen.has(folder)) seen.set(folder, { folder, onPath: candidate.onPath })
  }
  return [...seen.values()]
}

/** Asks a program for its version; `undefined` when it does not run here or prints something else. */
export async function programVersion(
  program: string,
  find: NonNullable<EngineSpec['find']>,
): Promise<string | undefined> {
  try {
    const { stdout, stderr } = await run(program, [...find.versionArguments], { timeout: 10_000, windowsHide: true })
    return new RegExp(find.versionPattern).exec(`${stdout}\n${stderr}`)?.[1]
  } catch {
    return undefined
  }
}

export function executable(program: string): string {
  return process.platform === 'win32' ? `${program}.exe` : program
}

/** The folder that really holds the programs; a link such as `/usr/local/bin/postgres` is followed. */
function programsFolder(folder: string, programs: readonly string[]): string | undefined {
  const [first] = programs
  if (!first || !isExecutable(join(folder, executable(first)))) return undefined
  const real = dirname(realpathSync(join(folder, executable(first))))
  return [real, folder].find((place) => programs.every((program) => isExecutable(join(place, executable(program)))))
}

function expandStar(path: string): string[] {
  const [before, after] = path.split('*')
  if (before === undefined || after === undefined) return [path]
  const parent = dirname(`${before}x`)
  const prefix = before.slice(parent.length + 1)
  try {
    return readdirSync(parent)
      .filter((name) => name.startsWith(prefix))
      .map((name) => join(parent, name) + after)
  } catch {
    return []
  }
}
