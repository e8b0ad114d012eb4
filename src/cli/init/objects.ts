/** Reading and changing object and array literals in place. */
import {
  type ArrayNode,
  bare,
  type Expression,
  endOf,
  type ObjectNode,
  type Property,
  type Source,
  type Span,
  startOf,
} from './source.ts'

export function property(object: ObjectNode | undefined, name: string): Property | undefined {
  return object?.properties.find(
    (candidate): candidate is Property => candidate.type === 'ObjectProperty' && keyOf(candidate) === name,
  )
}

/** The name of a property that is not computed. */
export function keyOf({ key, computed }: Property): string | undefined {
  if (key.type === 'StringLiteral') return key.value
  return key.type === 'Identifier' && !computed ? key.name : undefined
}

/** What a property of this name holds, casts taken off. */
export function valueAt(object: ObjectNode | undefined, name: string): Expression | undefined {
  const found = property(object, name)
  return found && bare(found.value as Expression)
}

export function objectAt(object: ObjectNode | undefined, ...path: readonly string[]): ObjectNode | undefined {
  let current = object
  for (const name of path) {
    const value = valueAt(current, name)
    current = value?.type === 'ObjectExpression' ? (value as ObjectNode) : undefined
  }
  return current
}

export function stringAt(object: ObjectNode | undefined, name: string): string | undefined {
  const value = valueAt(object, name)
  return value?.type === 'StringLiteral' ? value.value : undefined
}

/** Whether its properties can all be known by looking at it. */
export function isPlain(object: ObjectNode): boolean {
  return object.properties.every((entry) => entry.type === 'ObjectProperty' && keyOf(entry) !== undefined)
}

/** Whether something spread behind the property, or anywhere where there is none, may set it too. */
export function isSpreadOver(object: ObjectNode, name: string): boolean {
  const spread = object.properties.findLastIndex(({ type }) => type === 'SpreadElement')
  const entry = property(object, name)
  return spread > (entry ? object.properties.indexOf(entry) : -1)
}

/** Puts `name: value` in front of the object's properties. */
export function addFirst(source: Source, object: ObjectNode, text: string): void {
  addBefore(source, object, object.properties, text)
}

/** Puts an element in front of the array's own. */
export function addElement(source: Source, array: ArrayNode, text: string): void {
  addBefore(source, array, array.elements.filter((element) => element !== null) as Entry[], text)
}

/** Puts `name: value` behind the object's properties. JSON only: comments would be in the way. */
export function addLast(source: Source, object: ObjectNode, text: string): void {
  const last = object.properties.at(-1)
  const base = source.indent(startOf(object))
  const first = object.properties[0]
  if (!last || !first) {
    source.splice(startOf(object), endOf(object), `{\n${base}${indentUnit(source)}${text}\n${base}}`)
    return
  }
  const isTall = source.of({ start: startOf(object), end: startOf(first) }).includes('\n')
  source.splice(endOf(last), endOf(last), isTall ? `,\n${source.indent(startOf(first))}${text}` : `, ${text}`)
}

/** What one level of indentation is in this file. */
export function indentUnit(source: Source): string {
  return /^([ \t]+)\S/m.exec(source.text)?.[1] ?? '  '
}

interface Entry {
  readonly start?: number | null
  readonly end?: number | null
  readonly leadingComments?: readonly { readonly start?: number; readonly end?: number }[] | null
}

function addBefore(source: Source, container: Entry, entries: readonly Entry[], text: string): void {
  const first = entries[0]
  const open = startOf(container)
  if (!first) {
    const inside = source.text.slice(open + 1, endOf(container) - 1)
    const isObject = source.text[open] === '{'
    if (inside.trim() === '') source.splice(open + 1, endOf(container) - 1, isObject ? ` ${text} ` : text)
    else source.splice(open + 1, open + 1, `\n${source.indent(open)}${indentUnit(source)}${text},`)
    return
  }
  // Comments above the first entry are about it, unless they stand behind the bracket.
  const comment = first.leadingComments?.find((candidate) => source.lineStart(startOf(candidate)) > open)
  const anchor = startOf(comment ?? first)
  const line = source.lineStart(anchor)
  if (line > open) source.splice(line, line, `${source.indent(anchor)}${text},\n`)
  else source.splice(anchor, anchor, `${text}, `)
}

/** Takes a property out, with the comments right above it and behind it: they were about it. */
export function remove(source: Source, object: ObjectNode, entry: Property): void {
  const index = object.properties.indexOf(entry)
  const previous = object.properties[index - 1]
  const next = object.properties[index + 1]
  const comment = entry.leadingComments?.find(
    (candidate) => source.lineStart(startOf(candidate)) > endOf(previous ?? { end: startOf(object) }),
  )
  const start = startOf(comment ?? entry)
  const behind = /^\s*,/.exec(source.text.slice(endOf(entry)))?.[0].length ?? 0
  const end = endOf(entry) + behind
  const line = source.lineStart(start)
  const rest = source.text.slice(end, source.lineEnd(end))
  const isLast = /^\s*(\/\/.*|\/\*((?!\*\/).)*\*\/\s*)?$/.test(rest)
  const isAlone = source.text.slice(line, start).trim() === '' && isLast
  if (isAlone && !(source.isJson && previous && !next)) source.splice(line, source.lineEnd(end) + 1, '')
  else if (next) source.splice(start, firstInk(source, isLast ? source.lineEnd(end) : end), '')
  else if (previous && isOnlyComma(source, previous, start)) source.splice(endOf(previous), endOf(entry), '')
  else if (previous) source.splice(start, end, '')
  else source.splice(startOf(object) + 1, endOf(object) - 1, '')
}

/** Where white space ends: what stands there, a comment it may be, belongs to what follows. */
function firstInk(source: Source, position: number): number {
  return position + (/^\s*/.exec(source.text.slice(position))?.[0].length ?? 0)
}

function isOnlyComma(source: Source, previous: Span, start: number): boolean {
  return source.text.slice(endOf(previous), start).trim() === ','
}
