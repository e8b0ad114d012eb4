import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { EngineSpec } from '../../../core/contracts.ts'
import { executable } from './find.ts'
import { type EngineRecord, type Look, misfits, readRecord } from './manifest.ts'
import { compareVersions, fits } from './versions.ts'

/** An engine in the cache. */
export interface CachedEngine {
  readonly folder: string
  readonly record: EngineRecord
}

export const platform = `${process.platform}-${process.arch}`

export function enginesFolder(cacheFolder: string): string {
  return join(cacheFolder, 'engines')
}

/** Every complete engine in the cache, of any platform. */
export function cachedEngines(cacheFolder: string, name?: string): CachedEngine[] {
  const parent = enginesFolder(cacheFolder)
  const names = existsSync(parent) ? readdirSync(parent) : []
  return names
    .filter((entry) => !entry.startsWith('.') && (name === undefined || entry.startsWith(`${name}-`)))
    .flatMap((entry) => {
      const folder = join(parent, entry)
      const record = readRecord(folder)
      return record ? [{ folder, record }] : []
    })
}

/** Engines in the cache that fit, from a package the spec still names, newest first. */
export function fittingEngines(spec: EngineSpec, cacheFolder: string): CachedEngine[] {
  const sources = spec.packages.map((entry) => `${entry.registry}:${entry.name}@`)
  return cachedEngines(cacheFolder, spec.name)
    .filter(({ record }) => record.name === spec.name && record.platform === platform)
    .filter(({ record }) => fits(spec.version, record.version))
    .filter(({ record }) => sources.some((source) => record.source.startsWith(source)))
    .sort((left, right) => compareVersions(right.record.version, left.record.version))
}

/** The newest that fits and is whole, as far as the look goes. */
export function cachedEngine(spec: EngineSpec, cacheFolder: string, look: Look): CachedEngine | undefined {
  return fittingEngines(spec, cacheFolder).find(({ folder, record }) => misfits(folder, record, look).length === 0)
}

/** Where an engine's programs lie. */
export function programsIn(folder: string, spec: EngineSpec): string {
  const [first] = spec.find?.programs ?? []
  const bin = join(folder, 'bin')
  if (!first) return existsSync(bin) ? bin : folder
  return existsSync(join(bin, executable(first))) ? bin : folder
}
