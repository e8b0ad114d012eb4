/** A piece of SQL as SQLite takes it apart. Blanks and comments are none. */
export interface Token {
  readonly kind: 'word' | 'name' | 'string' | 'blob' | 'number' | 'sign'
  /** As it stands there; of names and strings, what is between the quotes. */
  readonly text: string
}

const patterns: readonly (readonly [Token['kind'] | 'blank', RegExp])[] = [
  ['blank', /(?:\s+|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$))+/y],
  ['blob', /[xX]'[0-9a-fA-F]*'/y],
  ['string', /'(?:[^']|'')*'/y],
  ['name', /"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]/y],
  ['number', /0[xX][0-9a-fA-F]+|(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/y],
  ['word', /[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/y],
  ['sign', /->>|->|\|\||==|<>|!=|<=|>=|<<|>>|[\s\S]/y],
]

export function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = []
  for (let at = 0; at < text.length; ) {
    for (const [kind, pattern] of patterns) {
      pattern.lastIndex = at
      const [found] = pattern.exec(text) ?? []
      if (found === undefined) continue
      at += found.length
      if (kind !== 'blank') tokens.push({ kind, text: kind === 'name' || kind === 'string' ? unquoted(found) : found })
      break
    }
  }
  return tokens
}

function unquoted(text: string): string {
  const [first = ''] = text
  return first === '[' ? text.slice(1, -1) : text.slice(1, -1).replaceAll(first + first, first)
}

export function isWord(token: Token | undefined, ...words: readonly string[]): boolean {
  return token?.kind === 'word' && words.includes(token.text.toUpperCase())
}

export function isSign(token: Token | undefined, sign: string): boolean {
  return token?.kind === 'sign' && token.text === sign
}

/** What is between the parenthesis at `open` and its partner. */
export function inParentheses(tokens: readonly Token[], open: number): readonly Token[] {
  let depth = 0
  for (let at = open; at < tokens.length; at += 1) {
    if (isSign(tokens[at], '(')) depth += 1
    if (isSign(tokens[at], ')')) depth -= 1
    if (depth === 0) return tokens.slice(open + 1, at)
  }
  return tokens.slice(open + 1)
}

/** Parts between commas that stand in no parentheses. */
export function listItems(tokens: readonly Token[]): readonly (readonly Token[])[] {
  const items: Token[][] = [[]]
  let depth = 0
  for (const token of tokens) {
    if (isSign(token, '(')) depth += 1
    if (isSign(token, ')')) depth -= 1
    if (depth === 0 && isSign(token, ',')) items.push([])
    else items.at(-1)?.push(token)
  }
  return items
}
