import { applyEdits, type JSONPath, modify, type ParseError, parse, printParseErrorCode } from 'jsonc-parser'
import { IsolaneError } from '../../core/errors.ts'

/** An entry of a list in a settings file, known by one of its fields. */
export interface Entry {
  readonly [field: string]: unknown
}

/**
 * The text of a settings file whose list at `key` has these entries: one with the same value in `identity` is replaced where
 * it stands, others are added, and those of ours that are no more are removed. Comments and all else stay.
 * @param isOurs by the value of `identity`
 * @throws ISOLANE_CONFIG_INVALID for what is no such file
 */
export function withEntries(
  text: string,
  key: string,
  identity: string,
  entries: readonly Entry[],
  isOurs: (value: string) => boolean,
  path: string,
): string {
  let edited = text.trim() === '' ? '{}\n' : text
  for (const value of listAt(edited, key, path).map((each) => String(each[identity]))) {
    if (!isOurs(value) || entries.some((entry) => entry[identity] === value)) continue
    edited = changed(edited, [key, indexOf(edited, key, identity, value, path)], undefined)
  }
  for (const entry of entries) {
    const index = indexOf(edited, key, identity, String(entry[identity]), path)
    const isNew = index < 0
    const at = isNew ? listAt(edited, key, path).length : index
    const same = !isNew && JSON.stringify(listAt(edited, key, path)[at]) === JSON.stringify(entry)
    if (!same) edited = changed(edited, [key, at], entry, isNew)
  }
  return edited
}

/** Sets what is not set yet. */
export function withDefault(text: string, key: string, value: unknown, path: string): string {
  const edited = text.trim() === '' ? '{}\n' : text
  return key in read(edited, path) ? edited : changed(edited, [key], value)
}

function indexOf(text: string, key: string, identity: string, value: string, path: string): number {
  return listAt(text, key, path).findIndex((each) => String(each[identity]) === value)
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
  if (Array.isArray(value)) return value as Entry[]
  throw unreadable(path, `"${key}" is no list`)
}

function read(text: string, path: string): Readonly<Record<string, unknown>> {
  const errors: ParseError[] = []
  const value: unknown = parse(text, errors, { allowTrailingComma: true })
  const [error] = errors
  if (error) throw unreadable(path, printParseErrorCode(error.error))
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw unreadable(path, 'it is no object')
}

function unreadable(path: string, why: string): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_CONFIG_INVALID',
    message: `${path} can't be read (${why})`,
    remedy: 'correct it; nothing was changed',
  })
}
