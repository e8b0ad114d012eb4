import { inParentheses, isSign, isWord, listItems, type Token, tokensOf } from './tokens.ts'

/** What of a table only the text that has created it tells. */
export interface CreatedTable {
  readonly autoincrement: boolean
  /** Expressions of its CHECKs. */
  readonly checks: readonly (readonly Token[])[]
  /** By column: `NOCASE`. */
  readonly collations: ReadonlyMap<string, string>
  /** Expressions of generated columns. */
  readonly generated: ReadonlyMap<string, readonly Token[]>
  /** Checks of foreign keys wait for the end of a transaction. */
  readonly defers: boolean
}

export function readCreatedTable(sql: string): CreatedTable {
  const tokens = tokensOf(sql)
  const open = tokens.findIndex((token) => isSign(token, '('))
  const checks: (readonly Token[])[] = []
  const collations = new Map<string, string>()
  const generated = new Map<string, readonly Token[]>()
  for (const item of listItems(open < 0 ? [] : inParentheses(tokens, open))) {
    const column = isWord(item[0], ...constraintWords) ? undefined : item[0]?.text
    outermost(item, (token, at) => {
      if (isWord(token, 'CHECK') && isSign(item[at + 1], '(')) checks.push(inParentheses(item, at + 1))
      if (column === undefined) return
      if (isWord(token, 'COLLATE')) collations.set(column, item[at + 1]?.text.toUpperCase() ?? '')
      if (isWord(token, 'AS') && isSign(item[at + 1], '(')) generated.set(column, inParentheses(item, at + 1))
    })
  }
  return {
    autoincrement: tokens.some((token) => isWord(token, 'AUTOINCREMENT')),
    checks,
    collations,
    generated,
    defers: tokens.some((token, at) => isWord(token, 'DEFERRED') && isWord(tokens[at - 1], 'INITIALLY')),
  }
}

const constraintWords = ['CONSTRAINT', 'PRIMARY', 'UNIQUE', 'CHECK', 'FOREIGN']

/** What stands in no parentheses: those of an expression say nothing of the column. */
function outermost(item: readonly Token[], take: (token: Token, at: number) => void): void {
  let depth = 0
  for (const [at, token] of item.entries()) {
    if (isSign(token, '(')) depth += 1
    if (isSign(token, ')')) depth -= 1
    if (depth === 0) take(token, at)
  }
}

/** What of an index only its text tells: what is indexed that is no column, and of which rows. */
export interface CreatedIndex {
  /** Each with its collation and order. */
  readonly parts: readonly (readonly Token[])[]
  readonly where: readonly Token[] | undefined
}

export function readCreatedIndex(sql: string): CreatedIndex {
  const tokens = tokensOf(sql)
  // Neither an index nor a table has a parenthesis in its name that is not quoted.
  const open = tokens.findIndex((token) => isSign(token, '('))
  const inside = inParentheses(tokens, open)
  const rest = tokens.slice(open + inside.length + 2)
  return { parts: listItems(inside), where: isWord(rest[0], 'WHERE') ? rest.slice(1) : undefined }
}
