import type { EnginePackage } from '../../../../core/contracts.ts'
import { runLabel } from '../../../../core/run.ts'

/** A package as its registry's client left it in our folder. */
export interface Fetched {
  readonly version: string
  /** A package's folder, an archive (wheel or jar), or a folder of jars. */
  readonly path: string
}

export interface ClientContext {
  readonly signal?: AbortSignal
  /** The run that a sweep ends the client with, should we be killed. */
  readonly runId?: string
}

/** One package registry, reached through its ordinary client, so that the user's mirrors and settings hold. */
export interface RegistryClient {
  /** The program that must be on PATH. */
  readonly program: string
  fetch(wanted: EnginePackage, folder: string, context: ClientContext): Promise<Fetched>
}

/** A registry's client is missing, or failed; the text is one line for people. */
export class RegistryError extends Error {
  readonly output: string | undefined

  constructor(message: string, output?: string, cause?: unknown) {
    super(message, { cause })
    this.output = output
  }
}

/** Runs a client; what it printed becomes part of the error when it fails. */
export async function runClient(
  program: string,
  args: readonly string[],
  folder: string,
  { signal, runId }: ClientContext,
): Promise<string> {
  const { execa } = await import('execa')
  const result = await execa(program, args, {
    cwd: folder,
    reject: false,
    stdin: 'ignore',
    ...(runId === undefined ? {} : { env: { [runLabel]: runId } }),
    ...(signal ? { cancelSignal: signal } : {}),
  })
  signal?.throwIfAborted()
  if (!result.failed) return result.stdout
  if (result.code === 'ENOENT') throw new RegistryError(`\`${program}\` is not on PATH`, undefined, result)
  const output = `${result.stdout}\n${result.stderr}`
  if (/ENOSPC|No space left on device/i.test(output)) {
    throw Object.assign(new Error(`no space left: ${program}`), { code: 'ENOSPC' })
  }
  throw new RegistryError(`\`${program}\` failed: ${reason(output)}`, lastLines(output), result)
}

function reason(output: string): string {
  const lines = output.split('\n').map((line) => line.trim())
  const telling = lines.find((line) => /error|ERR!|not found|No matching/i.test(line) && line.length > 12)
  return (telling ?? lines.findLast(Boolean) ?? 'no output').slice(0, 200)
}

function lastLines(output: string): string {
  return output.trim().split('\n').slice(-12).join('\n')
}
