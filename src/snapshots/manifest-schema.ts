import * as v from 'valibot'
import { isName, isServiceName, isStoredFileName } from './names.ts'

const wholeNumber = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const text = v.string()
/** Far more than any store has had, and far from where numbers are no longer exact. */
export const lastSequence = 2 ** 40
const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/))
const name = v.pipe(v.string(), v.check(isName, 'it is no name'))

/**
 * By any key. Not `v.record`, which leaves out keys such as `constructor`: a label of Neo4j's or a key's type may be called
 * that, and the values are passed on as `JSON.parse` made them, without a prototype's part in it.
 */
function byKey<Value>(isKey: (key: string) => boolean, value: v.GenericSchema<Value>) {
  return v.custom<Record<string, Value>>(
    (input) =>
      typeof input === 'object' &&
      input !== null &&
      !Array.isArray(input) &&
      Object.entries(input).every(([key, each]) => isKey(key) && v.is(value, each)) &&
      differInMoreThanCase(Object.keys(input).filter(() => isKey !== anyKey)),
  )
}

const anyKey = () => true

/** On some disks two such names are one file. */
function differInMoreThanCase(names: readonly string[]): boolean {
  return new Set(names.map((each) => each.toLowerCase())).size === names.length
}

const file = v.object({
  name: v.pipe(v.string(), v.check(isStoredFileName)),
  bytes: wholeNumber,
  sha256,
  contentBytes: wholeNumber,
})

const state = v.object({
  format: v.pipe(v.string(), v.regex(/^[a-z][a-z0-9_-]{0,39}$/)),
  version: text,
  details: byKey(anyKey, text),
  schema: v.optional(text),
  counts: byKey(anyKey, wholeNumber),
  digests: byKey(anyKey, text),
})

const saved = v.object({
  kind: text,
  template: text,
  state,
  files: v.pipe(
    v.array(file),
    v.check((files) => differInMoreThanCase(files.map((each) => each.name))),
  ),
})

const service = v.union([saved, v.object({ kind: text, unsupported: text })])
const lane = v.object({ failedTest: v.optional(text), services: byKey(isServiceName, service) })

const manifest = v.object({
  format: wholeNumber,
  name,
  named: v.boolean(),
  createdAt: v.pipe(
    v.string(),
    v.isoTimestamp(),
    v.check((time) => Number.isFinite(Date.parse(time))),
  ),
  sequence: v.pipe(wholeNumber, v.maxValue(lastSequence)),
  isolane: text,
  stack: text,
  platform: text,
  reason: text,
  lanes: byKey(isName, lane),
  checksum: sha256,
})

/** @returns what is wrong, if anything. Fields that it does not know are no one's business. */
export function checkContents(value: unknown): string | undefined {
  const result = v.safeParse(manifest, value)
  if (result.success) return undefined
  const [issue] = result.issues
  return `"${v.getDotPath(issue) ?? ''}" is not valid`
}
