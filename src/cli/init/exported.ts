/** Finds what a config file exports. */
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
}

/** The default export, or what `module.exports` is set to. */
export function exported(source: Source): Exported | undefined {
  for (const statement of source.statements()) {
    if (statement.type === 'ExportDefaultDeclaration') {
      const { declaration } = statement
      const isExpression = !declaration.type.endsWith('Declaration')
      return { form: 'esm', span: declaration, expression: isExpression ? (declaration as Expression) : undefined }
    }
    const assigned = moduleExports(source, statement)
    if (assigned) return { form: 'commonjs', span: assigned, expression: assigned }
  }
  return undefined
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

function declared(source: Source, name: string): Expression | undefined {
  for (const statement of source.statements()) {
    const declaration = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement
    if (declaration?.type !== 'VariableDeclaration') continue
    for (const { id, init } of declaration.declarations) {
      if (id.type === 'Identifier' && id.name === name) return (init ?? undefined) as Expression | undefined
    }
  }
  return undefined
}

/** Imports `name`, above what the file imports already, in the way the file does it. */
export function addImport(source: Source, name: string, from: string, form: Exported['form']): void {
  const statement =
    form === 'esm'
      ? `import { ${name} } from ${source.quoted(from)}${source.semicolon}\n`
      : `const { ${name} } = require(${source.quoted(from)})${source.semicolon}\n`
  const statements = source.statements()
  const first = statements.find(({ type }) => type === 'ImportDeclaration') ?? statements[0]
  const isImport = first?.type === 'ImportDeclaration' || /^(const|var|let) .*require\(/.test(source.of(first ?? {}))
  const position = first ? source.lineStart(startOf(firstOwn(source, first, isImport))) : endOf({ end: 0 })
  source.splice(position, position, isImport ? statement : `${statement}\n`)
}

/** A JSDoc type above the config stays with it; so does everything above an import with that import. */
function firstOwn(source: Source, statement: Statement, isImport: boolean): Span {
  if (isImport) return statement
  const comments = statement.leadingComments ?? []
  const attached = comments.findLast(({ end }) => source.text.slice(end ?? 0, startOf(statement)).trim() === '')
  return attached ?? statement
}
