import type { InstanceSpec } from '../../core/contracts.ts'
import { withoutPassword } from './errors.ts'
import type { Container } from './testcontainers.ts'

const lastLines = 60

/** The last lines a container wrote, without the password. Empty when the container is gone. */
export async function lastLog(container: Container, spec: InstanceSpec): Promise<string> {
  try {
    return withoutPassword((await readLog(container, lastLines)).trimEnd(), spec)
  } catch {
    return ''
  }
}

/** What a container wrote, both streams in their order. */
export async function readLog(container: Container, tail?: number): Promise<string> {
  const options = { stdout: true, stderr: true, follow: false as const }
  return joined(await container.logs(tail === undefined ? options : { ...options, tail }))
}

/** Takes the streams apart: each piece has a header of 8 bytes, the last 4 of which are its length. */
function joined(raw: Buffer): string {
  const pieces: Buffer[] = []
  for (let offset = 0; offset + 8 <= raw.length; ) {
    const end = offset + 8 + raw.readUInt32BE(offset + 4)
    pieces.push(raw.subarray(offset + 8, end))
    offset = end
  }
  return Buffer.concat(pieces).toString('utf8')
}
