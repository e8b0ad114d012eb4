/**
 * The file `keys` of a saved lane: {@link fileHead}, then a record for each key, in no order. All numbers are big-endian.
 *
 * | bytes | what |
 * | --- | --- |
 * | 4, 4, 4 | lengths of type, key and dump |
 * | 8 | when the key expires, in milliseconds since 1970; 0: never |
 * | 8 | when nothing is left of it: as before, or when the last field of a hash expires; 0: never |
 * | 16 | digest of the value, see value-digests.ts |
 * | … | type, as the command TYPE names it |
 * | … | key |
 * | … | what DUMP answered; its last 10 bytes are the RDB version (2, little-endian) and a CRC-64 |
 */
export const fileHead: Uint8Array = Buffer.from('isolane redis keys 1\n', 'latin1')

const headBytes = 44

/** About how large pages are that go to a server at once. */
const pageBytes = 1 << 18

export interface KeyRecord {
  readonly type: string
  readonly key: Buffer
  /** 16 hexadecimal digits. */
  readonly digest: string
  /** A moment is known when nothing will be left of it. */
  readonly passes: boolean
  /** RDB version of the dump. */
  readonly rdb: number
  readonly bytes: Buffer
}

/** @param page whole records, one after the other */
export function* recordsOf(page: Buffer): Iterable<KeyRecord> {
  for (let from = 0; from < page.length; ) {
    const bytes = page.subarray(from, from + lengthAt(page, from))
    const type = headBytes + bytes.readUInt32BE(0)
    const key = type + bytes.readUInt32BE(4)
    yield {
      type: bytes.toString('latin1', headBytes, type),
      key: bytes.subarray(type, key),
      digest: bytes.toString('latin1', headBytes - 16, headBytes),
      passes: bytes.readUInt32BE(20) !== 0,
      rdb: rdbOf(bytes),
      bytes,
    }
    from += bytes.length
  }
}

/** @param bytes that end with a dump */
export function rdbOf(bytes: Buffer): number {
  return bytes.readUInt16LE(bytes.length - 10)
}

/**
 * Cuts what stands in a file into pages of whole records.
 * @param broken what to throw when it is no such file
 */
export async function* pagesOf(content: AsyncIterable<Uint8Array>, broken: () => Error): AsyncIterable<Buffer> {
  let pieces: Uint8Array[] = []
  let held = 0
  let wanted = fileHead.length
  let begun = false
  for await (const piece of content) {
    pieces.push(piece)
    held += piece.length
    if (held < wanted) continue
    let all = Buffer.concat(pieces)
    if (!begun) {
      if (!all.subarray(0, fileHead.length).equals(fileHead)) throw broken()
      all = all.subarray(fileHead.length)
      begun = true
    }
    const end = endOfWhole(all)
    if (end > 0) yield all.subarray(0, end)
    const rest = all.subarray(end)
    pieces = [rest]
    held = rest.length
    wanted = Math.max(pageBytes, held < headBytes ? 0 : lengthAt(rest, 0))
  }
  const rest = Buffer.concat(pieces)
  if (!begun || endOfWhole(rest) !== rest.length) throw broken()
  if (rest.length > 0) yield rest
}

function endOfWhole(bytes: Buffer): number {
  let end = 0
  while (bytes.length - end >= headBytes) {
    const next = end + lengthAt(bytes, end)
    if (next > bytes.length) break
    end = next
  }
  return end
}

function lengthAt(bytes: Buffer, at: number): number {
  return headBytes + bytes.readUInt32BE(at) + bytes.readUInt32BE(at + 4) + bytes.readUInt32BE(at + 8)
}
