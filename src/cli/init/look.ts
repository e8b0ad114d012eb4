import { findConfigFile } from '../../core/config-file.ts'
import { type Manifest, readManifest } from './manifest.ts'
import { recogniseMigrations } from './migrations/index.ts'
import { readPrismaSchema } from './migrations/prisma.ts'
import type { Recognised } from './migrations/step.ts'
import type { ProjectFiles } from './project-files.ts'
import { findRunners, type Runner } from './runner.ts'
import { type FoundServices, findServices } from './services.ts'

/** What there is to be seen of a project. */
export interface Sight {
  readonly manifest: Manifest
  readonly runners: readonly Runner[]
  readonly found: FoundServices
  readonly migrations: Recognised | undefined
  /** Whether the project, or a folder above it, has an `isolane.config` already. */
  readonly hasConfig: boolean
}

/** @throws ISOLANE_OPTION_INVALID without a `package.json` */
export function lookAt(files: ProjectFiles): Sight {
  const manifest = readManifest(files)
  const provider = readPrismaSchema(files, manifest)?.provider
  return {
    manifest,
    runners: findRunners(files, manifest),
    found: findServices(files, manifest, provider),
    migrations: recogniseMigrations(files, manifest),
    hasConfig: findConfigFile(files.root) !== undefined,
  }
}
