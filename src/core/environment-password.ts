import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { EnvironmentConfig } from './config.ts'
import { IsolaneError, messageOf } from './errors.ts'

/** Milliseconds that a command has to print a password: somebody may have to confirm it in a browser. */
const patience = 60_000

/**
 * The password that an environment's users have, where the config says where that comes from. What a command writes to its
 * standard error is shown, since it may ask for a login; there is nobody to answer on its standard input.
 * @param timeout milliseconds until a command is ended
 * @returns `undefined` where Isolane makes one
 * @throws ISOLANE_OPTION_INVALID when there is none there
 */
export async function environmentPassword(
  name: string,
  { password }: EnvironmentConfig,
  root: string,
  environment: NodeJS.ProcessEnv = process.env,
  timeout = patience,
): Promise<string | undefined> {
  if (!password) return undefined
  if ('variable' in password) {
    const value = environment[password.variable]
    if (value) return value
    throw missing(name, `the variable ${password.variable} is not set`, 'set it for `isolane up`')
  }
  const [program = '', ...rest] = password.command
  const value = await printed(name, program, rest, root, timeout)
  if (value) return value
  throw missing(name, `${program} printed nothing`, 'have it print the password')
}

async function printed(
  name: string,
  program: string,
  rest: readonly string[],
  root: string,
  timeout: number,
): Promise<string> {
  const options = { cwd: root, windowsHide: true, timeout, killSignal: 'SIGKILL' } as const
  try {
    const running = promisify(execFile)(program, rest, options)
    running.child.stdin?.end()
    running.child.stderr?.pipe(process.stderr, { end: false })
    return (await running).stdout.trim()
  } catch (error) {
    const { killed, stderr = '' } = error as { readonly killed?: boolean; readonly stderr?: string }
    const late = killed && `${program} did not end within ${timeout / 1_000} s`
    const why = late || `${program} failed: ${messageOf(error).split('\n')[0]}`
    const remedy = late ? 'run it by hand to see what it waits for' : 'run it by hand to see why'
    throw missing(name, why, remedy, { cause: error, output: stderr })
  }
}

function missing(name: string, why: string, remedy: string, more: { cause?: unknown; output?: string } = {}) {
  return new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: `There is no password for the environment ${name}: ${why}`,
    remedy,
    ...more,
  })
}
