import type { ResolvedConfig } from '../../core/config.ts'
import { withMemory } from '../../core/process-memory.ts'
import { table } from '../../core/table.ts'
import type { Journal, Memory } from '../../migrate/journal.ts'
import { connectUp } from '../project.ts'
import { sizeText } from '../snapshot/text.ts'

/** What the new stack's servers take, by service, where that is known. */
export async function memoryNow(config: ResolvedConfig): Promise<Memory> {
  const { client } = await connectUp(config)
  try {
    const { services } = withMemory(await client.request('status', { facts: true }))
    const measured = services.flatMap(({ name, serves, memoryBytes }) =>
      memoryBytes === undefined ? [] : [[serves ? `${name} (${serves})` : name, memoryBytes] as const],
    )
    return Object.fromEntries(measured)
  } finally {
    client.close()
  }
}

/** What was compared, and the memory before and after. */
export function reportLines({ environments, memoryBefore = {} }: Journal, after: Memory): readonly string[] {
  const rows = Object.entries(environments).flatMap(([environment, { compared = {}, saved = '' }]) =>
    Object.entries(compared).map(([service, { groups, entries }]) => [
      environment,
      service,
      String(groups),
      String(entries),
      'the same',
      saved,
    ]),
  )
  const head = ['environment', 'service', 'groups', 'entries', 'old and new', 'old data saved as']
  return [table(head, rows, { numbers: ['groups', 'entries'] }), '', memoryLine(memoryBefore, after)].filter(
    (line, index, lines) => line !== '' || lines[index + 1] !== '',
  )
}

function memoryLine(before: Memory, after: Memory): string {
  const [old, now] = [before, after].map((memory) => Object.values(memory).reduce((sum, bytes) => sum + bytes, 0))
  if (!old && !now) return ''
  const told = (memory: Memory, sum: number | undefined) =>
    sum
      ? `${sizeText(sum)} (${Object.entries(memory)
          .map(([name, bytes]) => `${name} ${sizeText(bytes)}`)
          .join(', ')})`
      : 'not known'
  return `Memory before: ${told(before, old)}\nMemory now: ${told(after, now)}`
}
