/** Whether code takes its database from the environment, and by which variables. */
import { isStandard, type StandardVariable, standardFor } from './database-variables.ts'
import { declared, objectBehind } from './exported.ts'
import { isPlain, isSpreadOver, property, valueAt } from './objects.ts'
import { bare, type Expression, type ObjectNode, type Source } from './source.ts'

/** Variables that nobody sets by default, with whose value they take. */
export type MoreVariables = Readonly<Record<string, StandardVariable>>

/**
 * The variables behind a URL, or an object with one or with host, port and database.
 * @returns `undefined` when the database may be another than the one that the environment names
 */
export function connectionVariables(source: Source, connection: Expression | undefined): MoreVariables | undefined {
  if (setsVariables(source)) return undefined
  const object = objectBehind(source, connection)
  if (!object) return isAddress(variablesBehind(source, connection))
  if (!isPlain(object)) return undefined
  const url = ['url', 'connectionString', 'connectionUri'].find((name) => property(object, name))
  if (url) return isAddress(variablesBehind(source, valueAt(object, url)))
  return partVariables(source, object)
}

/** {@link connectionVariables} of what a property holds. */
export function connectionAt(source: Source, object: ObjectNode | undefined, name: string): MoreVariables | undefined {
  return object && !isSpreadOver(object, name) ? connectionVariables(source, valueAt(object, name)) : undefined
}

/** What assigns to variables, or lets a `.env` file do so, has the last word. */
export function setsVariables({ text }: Source): boolean {
  return /\benv(\.\w+|\[[^\]]*\])\s*=(?!=)|\boverride\s*:\s*true/.test(text)
}

const parts = { host: 'PGHOST', port: 'PGPORT', database: 'PGDATABASE' } as const
/** Without them there is no connection, so they can lead nowhere else. */
const credentials = ['user', 'password']

function partVariables(source: Source, object: ObjectNode): MoreVariables | undefined {
  const behind = (name: string) => variablesBehind(source, valueAt(object, name)) ?? []
  const isWhole = Object.entries(parts).every(([name, wanted]) => isAll(wanted, behind(name)))
  return isWhole ? moreOf([...Object.keys(parts), ...credentials].flatMap(behind)) : undefined
}

function isAddress(names: readonly string[] | undefined): MoreVariables | undefined {
  if (!names) return undefined
  const found = names.map(standardFor)
  const isInParts = Object.values(parts).every((part) => found.includes(part)) && !found.includes(undefined)
  return isInParts || isAll('DATABASE_URL', names) ? moreOf(names) : undefined
}

function isAll(wanted: StandardVariable, names: readonly string[]): boolean {
  return names.length > 0 && names.every((name) => standardFor(name) === wanted)
}

function moreOf(names: readonly string[]): MoreVariables {
  const more = names.filter((name) => !isStandard(name) && standardFor(name) !== undefined)
  return Object.fromEntries(more.map((name) => [name, standardFor(name)])) as MoreVariables
}

const conversions = ['Number', 'parseInt', 'String', 'Number.parseInt']

/** The variables that decide a value; `undefined` when something else may. Fallbacks count for nothing. */
function variablesBehind(source: Source, expression: Expression | undefined): readonly string[] | undefined {
  if (!expression) return undefined
  const value = bare(expression)
  switch (value.type) {
    case 'Identifier':
      return variablesBehind(source, declared(source, value.name))
    case 'MemberExpression':
      return variable(source, value)
    case 'LogicalExpression':
      return value.operator === '&&' ? undefined : variablesBehind(source, value.left as Expression)
    case 'ConditionalExpression':
      return allBehind(source, [value.consequent, value.alternate] as Expression[])
    case 'TemplateLiteral':
      return allBehind(source, value.expressions as Expression[])
    case 'UnaryExpression':
      return value.operator === '+' ? variablesBehind(source, value.argument as Expression) : undefined
    case 'CallExpression': {
      const [argument] = value.arguments as Expression[]
      const callee = source.of(value.callee)
      // Prisma's.
      if (callee === 'env' && isImported(source, 'env'))
        return argument?.type === 'StringLiteral' ? [argument.value] : undefined
      return conversions.includes(callee) ? variablesBehind(source, argument) : undefined
    }
    default:
      return undefined
  }
}

function allBehind(source: Source, expressions: readonly Expression[]): readonly string[] | undefined {
  const all = expressions.map((expression) => variablesBehind(source, expression))
  return all.every((names) => names !== undefined) ? all.flat() : undefined
}

/** `process.env.NAME`, or the same of an `env` that is imported. */
function variable(source: Source, member: Extract<Expression, { type: 'MemberExpression' }>): string[] | undefined {
  const name = /^(process\.)?env(?:\.|\[\s*['"])([A-Z][A-Z0-9_]*)(?:['"]\s*\])?$/.exec(source.of(member))
  const [, ofProcess, read] = name ?? []
  if (read === undefined) return undefined
  return ofProcess || isImported(source, 'env') ? [read] : undefined
}

function isImported(source: Source, name: string): boolean {
  return source
    .statements()
    .some(
      (statement) =>
        statement.type === 'ImportDeclaration' && statement.specifiers.some(({ local }) => local.name === name),
    )
}
