import { isIsolaneError } from '../../../core/errors.ts'
import { refuse } from './refuse.ts'
import { type Token, tokens } from './tokens.ts'

/** Names in scope. */
export type Scope = Set<string>

export interface Namespace {
  /** Matches /^[A-Za-z_][A-Za-z0-9_]*$/. */
  readonly label: string
  /** Labels of the other namespaces in the same database. */
  readonly others: ReadonlySet<string>
}

/** A query on its way from the first token to the last, and what is written into it meanwhile. */
export class Reading {
  readonly text: string
  readonly namespace: Namespace
  /** The namespace's label, as a query has it. */
  readonly label: string
  /** Begins every name that is added; no name in the query begins so. */
  readonly own: string
  /** Where all names in scope are returned or passed on. */
  star: Token | undefined
  /** Where a path was given a name that the query does not have. */
  namedPath: Token | undefined
  readonly #tokens: readonly Token[]
  #at = 0
  #edits: { readonly position: number; readonly text: string }[] = []
  #paths = 0

  constructor(text: string, namespace: Namespace) {
    this.text = text
    this.namespace = namespace
    this.label = `\`${namespace.label}\``
    this.own = 'isolane_'
    while (text.includes(this.own)) this.own += '_'
    this.#tokens = tokens(text)
  }

  get token(): Token {
    return this.ahead(0)
  }

  /** The last one that was taken. */
  get last(): Token {
    return this.ahead(-1)
  }

  ahead(count: number): Token {
    const index = Math.min(Math.max(this.#at + count, 0), this.#tokens.length - 1)
    return this.#tokens[index] as Token
  }

  next(): Token {
    const token = this.token
    if (token.kind !== 'end') this.#at++
    return token
  }

  /** Whether these symbols come next. */
  symbols(...symbols: readonly string[]): boolean {
    return symbols.every((symbol, index) => this.ahead(index).kind === 'symbol' && this.ahead(index).value === symbol)
  }

  /** The keyword that comes next, in capitals, if it is one of these. */
  word(...words: readonly string[]): string | undefined {
    return words.find((word) => isWord(this.token, word))
  }

  /** Whether these keywords come next. */
  words(...words: readonly string[]): boolean {
    return words.every((word, index) => isWord(this.ahead(index), word))
  }

  /** Whether a name comes next, or one after so many tokens. */
  named(count = 0): boolean {
    const { kind } = this.ahead(count)
    return kind === 'name' || kind === 'quoted'
  }

  take(...symbols: readonly string[]): boolean {
    if (!this.symbols(...symbols)) return false
    for (const _ of symbols) this.next()
    return true
  }

  takeWord(...words: readonly string[]): boolean {
    if (this.word(...words) === undefined) return false
    this.next()
    return true
  }

  expect(symbol: string): Token {
    if (!this.symbols(symbol)) this.unclear(`\`${symbol}\``)
    return this.next()
  }

  expectWord(word: string): void {
    if (!this.takeWord(word)) this.unclear(word)
  }

  expectName(): string {
    if (!this.named()) this.unclear('a name')
    return this.next().value
  }

  /** Adds text; what is added later at the same position comes after it. */
  insert(position: number, text: string): void {
    this.#edits.push({ position, text })
  }

  /** A path's name that the query does not have. */
  freshPath(): string {
    this.#paths++
    return `${this.own}path${this.#paths}`
  }

  /** Whether anything was added from this position on. */
  editedSince(position: number): boolean {
    return this.#edits.some((edit) => edit.position >= position)
  }

  /** Goes back to where it was, as if nothing had been read, when that can't be read so; then answers why. */
  attempt(read: () => void): Error | undefined {
    const [at, edits, star, named] = [this.#at, this.#edits, this.star, this.namedPath]
    this.#edits = [...edits]
    try {
      read()
      return undefined
    } catch (error) {
      if (!isIsolaneError(error, 'ISOLANE_QUERY_REFUSED')) throw error
      this.#at = at
      this.#edits = edits
      this.star = star
      this.namedPath = named
      return error
    }
  }

  refuse(why: string, remedy: string, token: Token = this.token): never {
    refuse(this.text, token.start, why, remedy)
  }

  /** The query is no Cypher, or more of it than is known here. */
  unclear(expected: string): never {
    this.refuse(
      `Isolane can not read it: ${expected} was expected`,
      'correct it, write it in another way, or run it with the driver that is not labelled',
    )
  }

  result(): string {
    const edits = this.#edits.toSorted((one, other) => one.position - other.position)
    let [written, at] = ['', 0]
    for (const { position, text } of edits) {
      written += this.text.slice(at, position) + text
      at = position
    }
    return written + this.text.slice(at)
  }
}

function isWord(token: Token, word: string): boolean {
  return token.kind === 'name' && token.value.toUpperCase() === word
}
