import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { EnvironmentConfig } from './config.ts'
import { IsolaneError, messageOf } from './errors.ts'

/**
 * The password that an environment's users have, where the config says where that comes from.
 * @returns `undefined` where Isolane makes one
 * @throws ISOLANE_OPTION_INVALID when there is none there
 */
export async function environmentPassword(
  name: string,
  { password }: EnvironmentConfig,
  root: string,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<string | undefined> {
  if (!password) return undefined
  if ('variable' in password) {
    const value = environment[password.variable]
    if (value) return value
    throw missing(name, `the variable ${password.variable} is not set`, 'set it for `isolane up`')
  }
  const [program = '', ...rest] = password.command
  try {
    const value = (await promisify(execFile)(program, rest, { cwd: root, windowsHide: true })).stdout.trim()
    if (value) return value
  } catch (error) {
    throw missing(name, `${program} failed: ${messageOf(error).split('\n')[0]}`, 'run it by hand to see why', error)
  }
  throw missing(name, `${program} printed nothing`, 'have it print the password')
}

function missing(name: string, why: string, remedy: string, cause?: unknown): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: `There is no password for the environment ${name}: ${why}`,
    remedy,
    cause,
  })
}
