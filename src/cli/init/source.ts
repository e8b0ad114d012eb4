import { type ParserPlugin, parse, parseExpression } from '@babel/parser'

export type Expression = ReturnType<typeof parseExpression>
export type Statement = ReturnType<typeof parse>['program']['body'][number]
export type ObjectNode = Extract<Expression, { type: 'ObjectExpression' }>
export type ArrayNode = Extract<Expression, { type: 'ArrayExpression' }>
export type Property = Extract<ObjectNode['properties'][number], { type: 'ObjectProperty' }>

export interface Span {
  readonly start?: number | null
  readonly end?: number | null
}

const plugins: ParserPlugin[] = ['typescript', 'decorators']

/**
 * The text of a file, changed by splices: what is not touched stays as its author wrote it. Nodes are good until the
 * next splice.
 */
export class Source {
  text: string
  readonly isJson: boolean

  constructor(text: string, isJson = false) {
    this.text = text
    this.isJson = isJson
  }

  /** @throws SyntaxError */
  statements(): readonly Statement[] {
    return parse(this.text, { sourceType: 'unambiguous', plugins, attachComment: true }).program.body
  }

  /** The object that the whole text is. @throws SyntaxError */
  json(): ObjectNode | undefined {
    return asObject(parseExpression(this.text))
  }

  of(node: Span): string {
    return this.text.slice(startOf(node), endOf(node))
  }

  splice(start: number, end: number, text: string): void {
    this.text = this.text.slice(0, start) + text + this.text.slice(end)
  }

  lineStart(position: number): number {
    return this.text.lastIndexOf('\n', position - 1) + 1
  }

  /** Where the line ends, its `\n` not included. */
  lineEnd(position: number): number {
    const end = this.text.indexOf('\n', position)
    return end < 0 ? this.text.length : end
  }

  /** The white space that the position's line begins with. */
  indent(position: number): string {
    return /^[ \t]*/.exec(this.text.slice(this.lineStart(position)))?.[0] ?? ''
  }

  /** `text` as a string literal in the way this file writes them. */
  quoted(text: string): string {
    const double = this.isJson || count(this.text, /"/g) > count(this.text, /'/g)
    return double ? `"${text}"` : `'${text}'`
  }

  /** What this file ends statements with. */
  get semicolon(): string {
    return /;[ \t]*(\/\/.*)?$/m.test(this.text) ? ';' : ''
  }
}

/** Nodes that the parser made always know where they are. */
export function startOf({ start }: Span): number {
  return start ?? 0
}

export function endOf({ end }: Span): number {
  return end ?? 0
}

const wrappers = [
  'TSAsExpression',
  'TSSatisfiesExpression',
  'TSNonNullExpression',
  'TSTypeAssertion',
  'ParenthesizedExpression',
]

/** The value without casts around it. */
export function bare(expression: Expression): Expression {
  return wrappers.includes(expression.type) && 'expression' in expression
    ? bare(expression.expression as Expression)
    : expression
}

export function asObject(expression: Expression | undefined): ObjectNode | undefined {
  const value = expression && bare(expression)
  return value?.type === 'ObjectExpression' ? (value as ObjectNode) : undefined
}

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0
}
