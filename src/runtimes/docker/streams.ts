import type { Readable } from 'node:stream'

const headerLength = 8
const standardOutput = 1

/**
 * Takes apart what the engine sends of a program, as it comes: each piece has a header of 8 bytes, the first of which
 * names its stream and the last 4 are its length.
 */
export async function* pieces(
  stream: Readable,
): AsyncGenerator<{ readonly isOutput: boolean; readonly piece: Buffer }, void> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of stream) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    while (rest.length >= headerLength) {
      const end = headerLength + rest.readUInt32BE(4)
      if (rest.length < end) break
      yield { isOutput: rest[0] === standardOutput, piece: rest.subarray(headerLength, end) }
      rest = rest.subarray(end)
    }
  }
}
