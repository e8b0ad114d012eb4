import { chmodSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ResolvedConfig } from '../../core/config.ts'
import type { EnvironmentStatus } from '../../core/environments.ts'
import type { Lane } from '../../core/lane.ts'
import { ignoreInGit } from './git.ts'
import { mergeEnvFile } from './merge.ts'
import { withoutSecrets } from './secrets.ts'

/** What became of a `.env` file. */
export interface WrittenEnvFile {
  /** `.env.dev` */
  readonly file: string
  readonly changed: boolean
  /** A line was added to `.gitignore`. */
  readonly ignored: boolean
  /** Variables that hold what is not written. */
  readonly needed: readonly string[]
}

/**
 * Writes an environment's variables into a `.env` file at the config's folder: readable by its user alone, ignored by git,
 * with all other lines as they are. Passwords of protected environments, and those that the config has from elsewhere, are
 * not in it.
 * @throws ISOLANE_OPTION_INVALID for a file that git has
 */
export async function writeEnvFile(
  config: ResolvedConfig,
  environment: Pick<EnvironmentStatus, 'name' | 'protected'>,
  lane: Lane,
  file: string,
): Promise<WrittenEnvFile> {
  const ignored = await ignoreInGit(config.root, file)
  const hides = environment.protected || config.environments[environment.name]?.password !== undefined
  const { variables, needed } = hides ? withoutSecrets(config, lane) : { variables: lane.env, needed: [] }
  const path = join(config.root, file)
  const before = existsSync(path) ? readFileSync(path, 'utf8') : ''
  const after = mergeEnvFile(before, variables)
  const changed = after !== before
  if (changed) replace(path, after)
  else chmodSync(path, 0o600)
  return { file, changed, ignored, needed }
}

/** Whoever reads it meanwhile gets the one or the other. */
function replace(path: string, text: string): void {
  const partial = `${path}.${process.pid}.partial`
  try {
    writeFileSync(partial, text, { mode: 0o600, flag: 'wx' })
    renameSync(partial, path)
  } finally {
    rmSync(partial, { force: true })
  }
}
