import { join, resolve } from 'node:path'
import type { EngineSpec } from '../../../core/contracts.ts'
import type { Report } from '../../../core/report.ts'
import type { Run } from '../../../core/run.ts'
import type { ServerUser } from '../user.ts'
import { notProvidable } from './engine-errors.ts'
import { executable, type FoundPrograms, findPrograms } from './find.ts'
import { findJava, type Java } from './java.ts'
import { damagedFiles, type Look, misfits, readRecord } from './manifest.ts'
import { provide } from './provide.ts'
import { type CachedEngine, cachedEngine, cachedEngines, programsIn } from './provided.ts'

export { allJavas, type Java } from './java.ts'
export type { CachedEngine } from './provided.ts'

export interface EngineContext {
  readonly cacheFolder: string
  readonly report: Report
  readonly signal?: AbortSignal
  /** What is begun for it, so that a sweep ends it when this process is killed. */
  readonly run?: Run
}

/** An engine ready to be used, wherever it came from. */
export interface ProvidedEngine {
  readonly name: string
  readonly version: string
  /** What `{engine}` stands for. */
  readonly folder: string
  readonly programsFolder: string
  /** For people: the folder of its programs, or of the engine in the cache. */
  readonly origin: string
  /** In our cache, rather than found on the machine. */
  readonly provided: boolean
  readonly java?: Java
  /** What stands in for which program, where an alternative of the engine asked for was found. */
  readonly standIns?: Readonly<Record<string, string>>
}

/**
 * Finds an engine on the machine, or in the cache, or installs it into the cache from a package registry.
 * Asks no registry when any fitting version is there already. This is what `isolane install` calls.
 */
export async function installEngine(spec: EngineSpec, context: EngineContext): Promise<ProvidedEngine> {
  return provideEngine(spec, context, { user: undefined, look: 'thorough' })
}

/** As {@link installEngine}; programs on the machine that `user` can't reach are passed over. */
export async function provideEngine(
  spec: EngineSpec,
  context: EngineContext,
  { user, look }: { readonly user: ServerUser | undefined; readonly look: Look },
): Promise<ProvidedEngine> {
  const java = await findJava(spec)
  const withJava = java ? { java } : {}
  const others: FoundPrograms[] = []
  for (const candidate of [spec, ...(spec.alternatives ?? [])]) {
    const found = await findPrograms(candidate, context.cacheFolder, user)
    if (found.best) return { ...fromMachine(spec, candidate, found.best), ...withJava }
    others.push(...found.others)
  }
  const cached = cachedEngine(spec, context.cacheFolder, look)
  if (cached) return { ...fromCache(spec, cached), ...withJava }
  const rejections = others.map(({ folder, version }) => ({ source: folder, reason: `is version ${version}` }))
  if (spec.packages.length === 0) throw notProvidable(spec, rejections)
  return { ...fromCache(spec, await provide(spec, context, look, rejections)), ...withJava }
}

/** The path of a program for a command: of the engine's, or an absolute one; `java` is the Java that was chosen for it. */
export function programPath(engine: ProvidedEngine, program: string): string {
  if (program === 'java' && engine.java) return engine.java.program
  return resolve(engine.programsFolder, executable(engine.standIns?.[program] ?? program))
}

/** Engines in the cache, for `isolane doctor` and `isolane install --list`. */
export function listEngines(cacheFolder: string): readonly CachedEngine[] {
  return cachedEngines(cacheFolder)
}

/** Compares every file with the hash taken when it was installed. Empty: the engine is whole. */
export async function verifyEngine(engine: CachedEngine): Promise<readonly string[]> {
  return damagedFiles(engine.folder, engine.record)
}

/** Whether files of an engine in the cache are missing or of another size. */
export function isDamaged(engine: ProvidedEngine): boolean {
  if (!engine.provided) return false
  const record = readRecord(engine.folder)
  return record === undefined || misfits(engine.folder, record, 'thorough').length > 0
}

function fromMachine(spec: EngineSpec, found: EngineSpec, { folder, version }: FoundPrograms): ProvidedEngine {
  const pairs = spec.find?.programs.map((program, index) => [program, found.find?.programs[index] ?? program]) ?? []
  return {
    name: found.name,
    version,
    folder: join(folder, '..'),
    programsFolder: folder,
    origin: folder,
    provided: false,
    standIns: Object.fromEntries(pairs),
  }
}

function fromCache(spec: EngineSpec, { folder, record }: CachedEngine): ProvidedEngine {
  const programsFolder = programsIn(folder, spec)
  const { name, version } = record
  return { name, version, folder, programsFolder, origin: `${folder} (${record.source})`, provided: true }
}
