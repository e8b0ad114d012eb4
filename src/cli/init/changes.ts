/** Finds code that changes what a name stands for. */
import type { Source, Span } from './source.ts'

interface AnyNode extends Span {
  readonly type: string
  readonly [field: string]: unknown
}

/**
 * Where the file assigns to `name` or something in it (`name.a.b = …`, `delete name.a`, `Object.assign(name, …)`).
 * Another variable of that name counts too.
 * @param name of a variable, or `module.exports`
 */
export function changesTo(source: Source, name: string): Span[] {
  const targets = source.statements().flatMap((statement) => [...targetsIn(statement as unknown as AnyNode)])
  return targets.filter((target) => source.of(target) === name || isMember(source, target, name))
}

function isMember(source: Source, target: AnyNode, name: string): boolean {
  const { object, expression } = target
  if (isNode(expression)) return source.of(expression) === name || isMember(source, expression, name)
  return isNode(object) && (source.of(object) === name || isMember(source, object, name))
}

function* targetsIn(node: AnyNode): Generator<AnyNode> {
  const [target] = [node.left, node.argument, firstArgument(node)].filter(isNode)
  const changes = ['AssignmentExpression', 'UpdateExpression', 'CallExpression'].includes(node.type)
  if (target && (changes || node.operator === 'delete')) yield target
  for (const [field, value] of Object.entries(node)) {
    if (field.endsWith('Comments')) continue
    for (const child of [value].flat()) if (isNode(child)) yield* targetsIn(child)
  }
}

function firstArgument({ type, callee, arguments: given }: AnyNode): unknown {
  if (type !== 'CallExpression' || !isNode(callee) || !isNode(callee.property)) return undefined
  return callee.property.name === 'assign' && Array.isArray(given) ? given[0] : undefined
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value
}
