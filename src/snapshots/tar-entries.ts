import { type Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Parser, type ReadEntry } from 'tar'
import { isIsolaneError } from '../core/errors.ts'

/**
 * Reads a tar entry by entry, one after the other: what the first one says decides about the rest.
 * @param take reads the entry to its end, or has it pass: `entry.resume()`. What it throws ends the reading, and is thrown.
 * @param damaged makes the error for what is no whole tar, and for a source that fails
 */
export async function readEntries(
  source: Readable,
  take: (entry: ReadEntry) => Promise<void> | void,
  damaged: (error: unknown) => Error,
): Promise<void> {
  const parser = new Parser({ strict: true })
  let taken = Promise.resolve()
  let failed: { readonly error: unknown } | undefined
  const onEntry = (entry: ReadEntry) => {
    taken = taken.then(() => take(entry))
    // What is thrown must neither be lost, nor wait for the end of the archive, nor end the process.
    taken.catch((error) => {
      failed ??= { error }
      parser.abort(error)
    })
  }
  parser.on('entry', onEntry)
  parser.on('ignoredEntry', onEntry)
  try {
    await pipeline(source, plainTar(parser))
    await taken
  } catch (error) {
    if (failed) throw failed.error
    throw isIsolaneError(error) ? error : damaged(error)
  }
}

/** Bytes of an entry's head. */
const headSize = 512

/**
 * What reads tar, as a stream that has ended once all of it is done. It gets plain tar alone: what is compressed it would
 * unpack, however large that gets.
 */
export function plainTar(parser: Parser): Writable {
  let head: Buffer | undefined = Buffer.alloc(0)
  const feed = (piece: Buffer, done: () => void) => {
    if (parser.write(piece)) done()
    else parser.once('drain', done)
  }
  const sink = new Writable({
    write: (piece: Buffer, _encoding, done) => {
      if (!head) return feed(piece, done)
      head = Buffer.concat([head, piece])
      if (head.length < headSize) return done()
      if (!isHead(head)) return done(new Error('it is no plain tar'))
      const begin = head
      head = undefined
      feed(begin, done)
    },
    final: (done) => {
      if (head) return done(new Error('it is no plain tar'))
      parser.once('end', () => done())
      parser.end()
    },
  })
  parser.on('error', (error: Error) => sink.destroy(error))
  return sink
}

function isHead(head: Buffer): boolean {
  return /^[\w./]/.test(head.toString('latin1', 0, 1)) && head.toString('latin1', 257, 262) === 'ustar'
}
