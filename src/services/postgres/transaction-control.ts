import { MetaCommand, statements } from './sql-splitter.ts'

/** What a statement does to transactions. `options`: it says how the current one is to run. */
export type Control = 'begin' | 'commit' | 'rollback' | 'prepare' | 'options'

export interface Part {
  readonly text: string
  readonly control?: Control
  /** It ends a transaction and begins the next. */
  readonly chain?: boolean
}

/** Most statements hold none of these words, so they need not be taken apart. */
const hint = /\b(?:begin|start|commit|end|rollback|abort|prepare|set)\b/i

const patterns: readonly (readonly [Control, RegExp])[] = [
  ['begin', /^(?:begin|start\s+transaction)\b/i],
  ['commit', /^(?:commit|end)\b(?!\s+prepared\b)/i],
  ['rollback', /^(?:rollback|abort)\b(?!\s+prepared\b|(?:\s+(?:work|transaction))?\s+to\b)/i],
  ['prepare', /^prepare\s+transaction\b/i],
  ['options', /^set\s+transaction\b/i],
]

const chained = /\band\s+chain\b/i

/** The statements of a text, if any of them controls transactions. */
export function controlParts(text: string): readonly Part[] | undefined {
  if (!hint.test(text)) return undefined
  const parts = split(text).map((part): Part => {
    const control = patterns.find(([, pattern]) => pattern.test(part))?.[0]
    return control === undefined ? { text: part } : { text: part, control, chain: chained.test(part) }
  })
  return parts.some(({ control }) => control !== undefined) ? parts : undefined
}

function split(text: string): string[] {
  try {
    return [...statements(text)].map((statement) => statement.text)
  } catch (error) {
    // The server will complain of it.
    if (error instanceof MetaCommand) return [text]
    throw error
  }
}
