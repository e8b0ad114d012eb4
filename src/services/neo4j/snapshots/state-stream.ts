import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Instance } from '../../../core/contracts.ts'
import { isIsolaneError } from '../../../core/errors.ts'
import { HostError, hostEnded } from '../host-client.ts'

/** What a connection for one state begins with, besides the token. */
type Request =
  | { readonly stream: 'read'; readonly state: string; readonly part: 'store' | 'contents' }
  | { readonly stream: 'write'; readonly lane?: string }
  | { readonly stream: 'graph'; readonly lane: string }

interface Answer {
  readonly result?: { readonly state?: string; readonly size?: number }
  readonly error?: { readonly code: string; readonly message: string }
}

/** A part of a state that the host program has set apart. A store is read through {@link storeFrames}, which sees its end. */
export async function* readState(
  instance: Instance,
  state: string,
  part: 'store' | 'contents',
): AsyncGenerator<Uint8Array> {
  const socket = await begin(instance, { stream: 'read', state, part })
  try {
    const pieces = socket[Symbol.asyncIterator]() as AsyncIterator<Buffer>
    const { answer, rest } = await readAnswer(pieces)
    let bytes = rest.length
    if (rest.length > 0) yield rest
    for (let next = await pieces.next(); !next.done; next = await pieces.next()) {
      bytes += next.value.length
      yield next.value
    }
    if (bytes < (answer.size ?? 0)) throw new Error('the connection to the Neo4j host ended too early')
  } catch (error) {
    throw await failureOf(error, instance)
  } finally {
    socket.destroy()
  }
}

/** Gives the host program a store to set apart for a lane, or for the template. @returns the new state's name */
export async function writeState(
  instance: Instance,
  lane: string | undefined,
  content: AsyncIterable<Uint8Array>,
): Promise<string> {
  return write(instance, { stream: 'write', ...(lane === undefined ? {} : { lane }) }, content)
}

/** The same with the lines of a graph (foreign/graph-lines.ts), of which the host program makes a store. */
export async function writeGraph(
  instance: Instance,
  lane: string,
  content: AsyncIterable<Uint8Array>,
): Promise<string> {
  return write(instance, { stream: 'graph', lane }, content)
}

async function write(instance: Instance, request: Request, content: AsyncIterable<Uint8Array>): Promise<string> {
  const socket = await begin(instance, request)
  try {
    const answering = readAnswer(socket.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer>)
    answering.catch(() => {})
    // When it refuses something the host reads on to the end, so that its answer comes through.
    await pipeline(Readable.from(content, { objectMode: false }), socket)
    return (await answering).answer.state ?? ''
  } catch (error) {
    throw await failureOf(error, instance)
  } finally {
    socket.destroy()
  }
}

async function begin(instance: Instance, request: Request): Promise<Socket> {
  const { host, ports, credentials } = instance.endpoint
  const socket = connect({ host, port: ports.control ?? 0, allowHalfOpen: true })
  try {
    await once(socket, 'connect')
  } catch {
    throw await hostEnded(instance)
  }
  // Whoever reads or writes learns of it.
  socket.on('error', () => {})
  socket.write(`${JSON.stringify({ token: credentials.password, ...request })}\n`)
  return socket
}

/** @throws HostError */
async function readAnswer(
  pieces: AsyncIterator<Buffer>,
): Promise<{ readonly answer: NonNullable<Answer['result']>; readonly rest: Buffer }> {
  let line = Buffer.alloc(0)
  for (let feed = -1; feed < 0; feed = line.indexOf('\n')) {
    const next = await pieces.next()
    if (next.done) throw new Error('the connection to the Neo4j host ended too early')
    line = Buffer.concat([line, next.value])
  }
  const feed = line.indexOf('\n')
  const { result = {}, error } = JSON.parse(line.subarray(0, feed).toString()) as Answer
  if (error) throw new HostError(error.code, error.message)
  return { answer: result, rest: line.subarray(feed + 1) }
}

/** A connection that breaks means that the process at its other end has ended. */
async function failureOf(error: unknown, instance: Instance): Promise<unknown> {
  const broken = ['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE'].includes(
    String((error as { code?: unknown }).code),
  )
  return broken && !isIsolaneError(error) ? hostEnded(instance) : error
}
