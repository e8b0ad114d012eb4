/** As the host program has it in Frames.java. */
const pathPattern = /^(databases|transactions)(\/[A-Za-z0-9_][A-Za-z0-9_.-]{0,200}){1,20}$/
const longestLine = 8_192
const lineFeed = 10

/**
 * Passes on the files of a database as one stream, in which each is a line `{"path":…,"size":…}` and that many bytes, and
 * the last line is `{"files":…}`, with how many there were. That line comes out only when `content` has ended without an
 * error: whoever gets it has everything.
 *
 * @param failed makes the error for a stream that is none of these
 */
export async function* storeFrames(
  content: AsyncIterable<Uint8Array>,
  failed: (why: string) => Error,
): AsyncGenerator<Uint8Array> {
  let line = Buffer.alloc(0)
  let left = 0
  let files = 0
  let end: Buffer | undefined
  for await (const piece of content) {
    for (let at = 0; at < piece.length; ) {
      if (left > 0) {
        const part = piece.subarray(at, at + left)
        yield part
        left -= part.length
        at += part.length
        continue
      }
      if (end) throw failed('there is something behind its end')
      const feed = piece.indexOf(lineFeed, at)
      const stop = feed < 0 ? piece.length : feed + 1
      line = Buffer.concat([line, piece.subarray(at, stop)])
      at = stop
      if (line.length > longestLine) throw failed('it has a line without an end')
      if (feed < 0) continue
      const frame = frameOf(line, failed)
      if ('files' in frame) {
        if (frame.files !== files) throw failed(`it has ${files} files instead of ${frame.files}`)
        end = line
      } else {
        left = frame.size
        files += 1
        yield line
      }
      line = Buffer.alloc(0)
    }
  }
  if (!end || left > 0) throw failed('it ends too early')
  yield end
}

type Frame = { readonly path: string; readonly size: number } | { readonly files: number }

function frameOf(line: Buffer, failed: (why: string) => Error): Frame {
  const { path, size, files } = parsed(line)
  if (typeof files === 'number') return { files }
  if (typeof path !== 'string' || !Number.isSafeInteger(size) || (size as number) < 0) {
    throw failed('it is no copy of a Neo4j store')
  }
  if (!pathPattern.test(path)) throw failed(`it has a file where none belongs: ${JSON.stringify(path)}`)
  return { path, size: size as number }
}

function parsed(line: Buffer): Readonly<Record<string, unknown>> {
  try {
    return (JSON.parse(line.toString()) ?? {}) as Readonly<Record<string, unknown>>
  } catch {
    return {}
  }
}
