/** Options with which suites on one shared database are kept from running in parallel. */
import { keyOf, remove } from './objects.ts'
import { bare, type Expression, type ObjectNode, type Property, type Source } from './source.ts'

const serial: Readonly<Record<string, boolean | number>> = {
  fileParallelism: false,
  maxWorkers: 1,
  minWorkers: 1,
  singleFork: true,
  singleThread: true,
  maxForks: 1,
  minForks: 1,
  maxThreads: 1,
  minThreads: 1,
}

/** Where such options may stand inside `test`. */
const holders = /^(poolOptions|forks|threads|vmForks|vmThreads)$/

/** Takes them out, with the objects that are empty then. */
export function withoutSerialOptions(source: Source, find: () => ObjectNode | undefined): void {
  for (let found = firstIn(find()); found; found = firstIn(find())) {
    remove(source, found.object, found.entry)
  }
}

interface Found {
  readonly object: ObjectNode
  readonly entry: Property
}

function firstIn(object: ObjectNode | undefined, parent?: Found): Found | undefined {
  for (const entry of object?.properties ?? []) {
    if (!object || entry.type !== 'ObjectProperty') continue
    const name = keyOf(entry) ?? ''
    const value = bare(entry.value as Expression)
    if (name in serial && 'value' in value && value.value === serial[name]) {
      return parent && object.properties.length === 1 ? parent : { object, entry }
    }
    if (!holders.test(name) || value.type !== 'ObjectExpression') continue
    const here = parent && object.properties.length === 1 ? parent : { object, entry }
    const inner = firstIn(value as ObjectNode, here)
    if (inner) return inner
  }
  return undefined
}
