import { isDeepStrictEqual } from 'node:util'
import { applyEdits, type JSONPath, modify, type ParseError, parse, printParseErrorCode } from 'jsonc-parser'
import { IsolaneError } from '../../core/errors.ts'
import { withoutEntry } from './jsonc-removal.ts'

/** An entry of a list in a settings file. */
export interface Entry {
  readonly [field: string]: unknown
}

/** How entries of a list are told from each other, and ours from the user's. */
export interface Belonging {
  /** The field by whose value an entry is known. */
  readonly identity: string
  isOurs(entry: Entry): boolean
}

/**
 * The text of a settings file whose list at `key` has these entries. Of ours, one with the same identity gets the new values
 * of its fields, and those that are no more are removed; others are added, unless an entry of the user's has their identity.
 * Comments and all else stay.
 * @throws ISOLANE_CONFIG_INVALID for what is no such file
 */
export function withEntries(
  text: string,
  key: string,
  entries: readonly Entry[],
  { identity, isOurs }: Belonging,
  path: string,
): string {
  const wanted = new Set(entries.map((entry) => entry[identity]))
  let edited = text.trim() === '' ? '{}\n' : text
  for (const [index, found] of [...listAt(edited, key, path).entries()].reverse()) {
    if (isOurs(found) && !wanted.has(found[identity])) edited = withoutEntry(edited, [key], index)
  }
  for (const entry of entries) {
    const there = listAt(edited, key, path)
    const index = there.findIndex((found) => found?.[identity] === entry[identity])
    const found = there[index]
    if (!found) edited = changed(edited, [key, there.length], entry, true)
    else if (isOurs(found)) edited = withFields(edited, [key, index], found, entry)
  }
  return edited
}

/** Sets what is not set yet. */
export function withDefault(text: string, key: string, value: unknown, path: string): string {
  const edited = text.trim() === '' ? '{}\n' : text
  return key in read(edited, path) ? edited : changed(edited, [key], value)
}

/** Changes what differs, and leaves the fields that `wanted` does not name. */
function withFields(text: string, at: JSONPath, found: Entry, wanted: Entry): string {
  return Object.entries(wanted).reduce((edited, [field, value]) => {
    const before = found[field]
    if (isObject(before) && isObject(value)) return withFields(edited, [...at, field], before, value)
    return isDeepStrictEqual(before, value) ? edited : changed(edited, [...at, field], value)
  }, text)
}

function changed(text: string, at: JSONPath, value: unknown, isArrayInsertion = false): string {
  const indent = /^(?: {2,8}|\t)(?=")/m.exec(text)?.[0] ?? '  '
  const formattingOptions = {
    insertSpaces: indent !== '\t',
    tabSize: indent.length,
    eol: text.includes('\r\n') ? '\r\n' : '\n',
  }
  return applyEdits(text, modify(text, at, value, { formattingOptions, isArrayInsertion }))
}

function listAt(text: string, key: string, path: string): readonly Entry[] {
  const value = read(text, path)[key] ?? []
  if (Array.isArray(value) && value.every(isObject)) return value
  throw unreadable(path, `"${key}" is no list of objects`)
}

function read(text: string, path: string): Entry {
  const errors: ParseError[] = []
  const value: unknown = parse(text, errors, { allowTrailingComma: true })
  const [error] = errors
  if (error) throw unreadable(path, printParseErrorCode(error.error))
  if (isObject(value)) return value
  throw unreadable(path, 'it is no object')
}

function isObject(value: unknown): value is Entry {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function unreadable(path: string, why: string): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_CONFIG_INVALID',
    message: `${path} can't be read (${why})`,
    remedy: 'correct it; nothing was changed',
  })
}
