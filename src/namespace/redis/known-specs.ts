import type { KeySpec } from './key-specs.ts'

/**
 * For servers before Redis 7, whose table says of these commands only that their keys move, and for `DEBUG OBJECT`, of
 * which no server's table says anything.
 */
export const knownSpecs: ReadonlyMap<string, readonly KeySpec[]> = new Map([
  ['eval', [counted(2)]],
  ['evalsha', [counted(2)]],
  ['zdiff', [counted(1)]],
  ['zinter', [counted(1)]],
  ['zunion', [counted(1)]],
  ['zdiffstore', [single(1), counted(2)]],
  ['zinterstore', [single(1), counted(2)]],
  ['zunionstore', [single(1), counted(2)]],
  ['memory|usage', [single(2)]],
  ['debug|object', [single(2)]],
])

function counted(index: number): KeySpec {
  return { begin: { by: 'index', index }, find: { by: 'count', count: 0, first: 1, step: 1 } }
}

function single(index: number): KeySpec {
  return { begin: { by: 'index', index }, find: { by: 'range', last: 0, step: 1, limit: 0 } }
}
