/** Finds what a config file exports. */
import { changesTo } from './changes.ts'
import {
  bare,
  type Expression,
  endOf,
  type ObjectNode,
  type Source,
  type Span,
  type Statement,
  startOf,
} from './source.ts'

export interface Exported {
  readonly form: 'esm' | 'commonjs'
  /** Where the exported expression stands. */
  readonly span: Span
  /** `undefined`: a function or class declaration. */
  readonly expression: Expression | undefined
  /** Whether code behind the export changes what it exports. */
  readonly changesLater: boolean
}

/** The default export, or what `module.exports` is set to. */
export function exported(source: Source): Exported | undefined {
  for (const statement of source.statements()) {
    if (statement.type === 'ExportDefaultDeclaration') {
      const { declaration } = statement
      const isExpression = !declaration.type.endsWith('Declaration')
      return described(source, 'esm', declaration, isExpression ? (declaration as Expression) : undefined)
    }
    const assigned = moduleExports(source, statement)
    if (assigned) return described(source, 'commonjs', assigned, assigned)
  }
  return undefined
}

function described(source: Source, form: Exported['form'], span: Span, expression: Expression | undefined): Exported {
  const value = expression && bare(expression)
  const names = ['module.exports', ...(value?.type === 'Identifier' ? [value.name] : [])]
  const changes = names.flatMap((name) => changesTo(source, name))
  return { form, span, expression, changesLater: changes.some((change) => startOf(change) > endOf(span)) }
}

/** The object literal that a config file exports; `undefined` too when code behind the export changes it. */
export function exportedObject(source: Source): ObjectNode | undefined {
  const found = exported(source)
  return found?.changesLater ? undefined : objectBehind(source, found?.expression)
}

function moduleExports(source: Source, statement: Statement): Expression | undefined {
  if (statement.type !== 'ExpressionStatement' || statement.expression.type !== 'AssignmentExpression') return undefined
  const { left, right } = statement.expression
  return source.of(left) === 'module.exports' ? (right as Expression) : undefined
}

/** Calls whose argument is the config. */
const transparent = ['defineConfig', 'defineProject', 'mergeConfig']

/**
 * The object literal behind an expression: through casts, names of the same file, functions that return one, and
 * `defineConfig()`. `undefined` when it can't be told by looking.
 */
export function objectBehind(source: Source, expression: Expression | undefined): ObjectNode | undefined {
  if (!expression) return undefined
  const value = bare(expression)
  switch (value.type) {
    case 'ObjectExpression':
      return value as ObjectNode
    case 'Identifier':
      return objectBehind(source, declared(source, value.name))
    case 'CallExpression': {
      if (value.callee.type !== 'Identifier' || !transparent.includes(value.callee.name)) return undefined
      return objectBehind(source, value.arguments.at(-1) as Expression | undefined)
    }
    case 'ArrowFunctionExpression':
    case 'FunctionExpression':
      return objectBehind(source, returned(value.body as Expression | Block))
    default:
      return undefined
  }
}

type Block = Extract<Statement, { type: 'BlockStatement' }>

/** What a function returns that has just one way out. */
function returned(body: Expression | Block): Expression | undefined {
  if (body.type !== 'BlockStatement') return body as Expression
  const statements = (body as Block).body
  const last = statements.at(-1)
  const others = statements.slice(0, -1)
  const isStraight = others.every(({ type }) => type === 'VariableDeclaration' || type === 'ExpressionStatement')
  return isStraight && last?.type === 'ReturnStatement' ? ((last.argument ?? undefined) as Expression) : undefined
}

/** What a constant of the file holds, if nothing in the file changes it. */
export function declared(source: Source, name: string): Expression | undefined {
  for (const statement of source.statements()) {
    const declaration = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement
    if (declaration?.type !== 'VariableDeclaration' || declaration.kind !== 'const') continue
    for (const { id, init } of declaration.declarations) {
      if (id.type !== 'Identifier' || id.name !== name) continue
      return changesTo(source, name).length === 0 ? ((init ?? undefined) as Expression | undefined) : undefined
    }
  }
  return undefined
}

/** Imports `name`, beside what the file imports already, in the way the file does it. */
export function addImport(source: Source, name: string, from: string, form: Exported['form']): void {
  const statement =
    form === 'esm'
      ? `import { ${name} } from ${source.quoted(from)}${source.semicolon}`
      : `const { ${name} } = require(${source.quoted(from)})${source.semicolon}`
  const statements = source.statements()
  const first = statements.find(({ type }) => type === 'ImportDeclaration') ?? statements[0] ?? nowhere
  const isImport = first.type === 'ImportDeclaration' || /^(const|var|let) .*require\(/.test(source.of(first))
  const attached = attachedComment(source, first)
  if (isImport && attached) {
    // The comment may be about that import: `@ts-expect-error`.
    const end = source.lineEnd(endOf(first))
    source.splice(end, end, `\n${statement}`)
  } else {
    const start = source.lineStart(startOf(attached ?? first))
    source.splice(start, start, isImport ? `${statement}\n` : `${statement}\n\n`)
  }
}

type Commented = Span & Pick<Statement, 'leadingComments'> & { readonly type?: string }

const nowhere: Commented = {}

/** The first of the comments that stand right above a statement, with no empty line between. */
function attachedComment(source: Source, statement: Commented): Span | undefined {
  let first: Span | undefined
  for (const comment of (statement.leadingComments ?? []).toReversed()) {
    const between = source.text.slice(endOf(comment), startOf(first ?? statement))
    if (between.trim() !== '' || between.split('\n').length > 2) break
    first = comment
  }
  return first
}
