import { shortDigest } from '../../../core/state-contents.ts'
import type { JavaValue } from './values.ts'

export type Properties = Readonly<Record<string, JavaValue>>

/** What the host program's Contents calls an entity by, of those of its kind. */
export function entityKey(kind: 'n' | 'r', number: number): string {
  return shortDigest(text(`${kind}${number}`))
}

/** @param labels in order */
export function nodeDigest(labels: readonly string[], properties: Properties): string {
  return shortDigest(Buffer.concat([...labels.map(text), int(-1), ...propertiesBytes(properties)]))
}

export function relationshipDigest(from: number, to: number, properties: Properties): string {
  return shortDigest(Buffer.concat([text(String(from)), text(String(to)), ...propertiesBytes(properties)]))
}

function propertiesBytes(properties: Properties): Buffer[] {
  const entries = Object.entries(properties).sort(([left], [right]) => (left < right ? -1 : 1))
  return entries.flatMap(([key, value]) => [text(key), ...valueBytes(value)])
}

/** As the host program's Values writes them. */
function valueBytes(value: JavaValue): Buffer[] {
  const [type, first, ...rest] = value
  if (type === 'Double') return [text(type), Buffer.from(first as string, 'hex')]
  if (type === 'Duration') return [text(type), ...value.slice(1).map((part) => long(BigInt(part as string)))]
  if (type === 'Point') return [text(type), int(first as number), ...rest.map((bits) => Buffer.from(bits, 'hex'))]
  if (type === 'byte[]') {
    const bytes = Buffer.from(first as string, 'hex')
    return [
      text(type),
      int(bytes.length),
      ...[...bytes].flatMap((byte) => [text('Byte'), text(String((byte << 24) >> 24))]),
    ]
  }
  if (typeof first === 'string') return [text(type), text(first)]
  const items = first as readonly JavaValue[]
  return [text(type), int(items.length), ...items.flatMap(valueBytes)]
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value)
  return Buffer.concat([int(bytes.length), bytes])
}

function int(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

function long(value: bigint): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64BE(value)
  return bytes
}
