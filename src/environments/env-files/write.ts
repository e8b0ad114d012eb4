import { chmodSync, existsSync, lstatSync, readFileSync, readlinkSync, realpathSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import type { ResolvedConfig } from '../../core/config.ts'
import type { EnvironmentStatus } from '../../core/environment-status.ts'
import type { Lane } from '../../core/lane.ts'
import { ignoreInGit } from './git.ts'
import { mergeEnvFile } from './merge.ts'
import { partials, removeLeftPartials, replaceFile } from './replace.ts'
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
 * Writes an environment's variables into a `.env` file at the config's folder, or what that is a link to: readable by its user alone, ignored by git,
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
  const path = targetOf(join(config.root, file))
  const ignored = await ignoreInGit(dirname(path), basename(path), partials)
  removeLeftPartials(dirname(path))
  const hides = environment.protected || config.environments[environment.name]?.password !== undefined
  const { variables, needed } = hides ? withoutSecrets(config, lane) : { variables: lane.env, needed: [] }
  const before = existsSync(path) ? readFileSync(path, 'utf8') : ''
  const after = mergeEnvFile(before, variables)
  const changed = after !== before
  if (changed) replaceFile(path, after)
  else chmodSync(path, 0o600)
  return { file, changed, ignored, needed }
}

/** The file itself, where the path is a link, also to what is not there yet: the link stays. */
function targetOf(path: string): string {
  if (existsSync(path)) return realpathSync(path)
  const isLink = lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false
  return isLink ? resolve(dirname(path), readlinkSync(path)) : path
}
