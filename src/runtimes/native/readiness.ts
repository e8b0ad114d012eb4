import { closeSync, openSync, readSync } from 'node:fs'
import { connect } from 'node:net'
import type { NativeSpec } from '../../core/contracts.ts'
import { listensOn } from '../../core/port-holder.ts'
import type { Child } from './child.ts'

export type Readiness = 'ready' | 'exited' | 'timed-out'

export interface ReadinessOptions {
  readonly child: Child
  readonly ready: NativeSpec['ready']
  readonly host: string
  readonly ports: Readonly<Record<string, number>>
  readonly logFile: string
  readonly logOffset: number
  readonly timeout: number
  readonly signal: AbortSignal
}

/** Waits until the server answers; servers start in tens of milliseconds, so it looks again after one or two. */
export async function waitUntilReady(options: ReadinessOptions): Promise<Readiness> {
  const deadline = performance.now() + options.timeout
  for (let pause = 1; ; pause = Math.min(pause * 1.3, 20)) {
    options.signal.throwIfAborted()
    if (options.child.exit) return 'exited'
    if (await isReady(options)) return 'ready'
    if (performance.now() > deadline) return 'timed-out'
    await Promise.race([new Promise((resolve) => setTimeout(resolve, pause)), options.child.exited])
  }
}

async function isReady(options: ReadinessOptions): Promise<boolean> {
  if ('line' in options.ready) return logHolds(options.logFile, options.logOffset, options.ready.line)
  const port = options.ports[options.ready.port]
  if (port === undefined) throw new RangeError(`no port is called ${options.ready.port}`)
  if (!(await accepts(options.host, port))) return false
  // A stranger may have bound the port a moment before our server, which is then about to give up.
  return options.child.pid === undefined || listensOn(options.child.pid, port) !== false
}

function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port })
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

function logHolds(file: string, offset: number, line: string): boolean {
  return readFrom(file, offset).includes(line)
}

/** The text of a file from a position on; at most the last 64 KiB of it. */
export function readFrom(file: string, offset: number): string {
  const descriptor = openSync(file, 'r')
  try {
    const chunk = Buffer.alloc(1 << 16)
    let text = ''
    for (let position = offset; ; ) {
      const length = readSync(descriptor, chunk, 0, chunk.length, position)
      if (length === 0) return text
      position += length
      text = (text + chunk.toString('utf8', 0, length)).slice(-chunk.length)
    }
  } finally {
    closeSync(descriptor)
  }
}
