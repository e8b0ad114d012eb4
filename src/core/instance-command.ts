import type { Writable } from 'node:stream'
import type { InstanceCommand } from './contracts.ts'

/** How much of standard error is kept, in bytes. */
const kept = 4_096

/** The command with its placeholders replaced: how a program where the server is reaches it. Other braces stay. */
export function expandCommand(
  { program, arguments: words, environment = {} }: InstanceCommand,
  host: string,
  ports: Readonly<Record<string, number>>,
): { program: string; arguments: string[]; environment: Record<string, string> } {
  const expand = (text: string): string =>
    text.replace(/\{(?:host|port\.([\w-]+))\}/g, (whole, port) =>
      port === undefined ? host : String(ports[port as string] ?? whole),
    )
  return {
    program,
    arguments: words.map(expand),
    environment: Object.fromEntries(Object.entries(environment).map(([name, text]) => [name, expand(text)])),
  }
}

/**
 * Gives a program its input. What it does not want any more is read all the same, to the end: only there does a damaged
 * input say so.
 */
export async function feed(stdin: Writable, input: AsyncIterable<Uint8Array>): Promise<void> {
  // A program that ends without reading its input breaks the pipe; its exit code tells more.
  stdin.on('error', () => {})
  for await (const piece of input) {
    if (!stdin.destroyed) await new Promise<unknown>((written) => stdin.write(piece, written))
  }
  stdin.end()
}

/** The last of what a program writes to standard error. */
export class LastErrors {
  #pieces: Buffer = Buffer.alloc(0)

  add(piece: Uint8Array): void {
    this.#pieces = Buffer.concat([this.#pieces, piece]).subarray(-kept)
  }

  toString(): string {
    return this.#pieces.toString('utf8').trimEnd()
  }
}

/** Waits for the work, but not longer than until the signal. The work goes on then, and its failure is not told. */
export async function untilAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  const { promise, reject } = Promise.withResolvers<never>()
  const abort = () => reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  if (signal.aborted) abort()
  work.catch(() => {})
  try {
    return await Promise.race([work, promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
