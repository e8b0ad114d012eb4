import type { Argument, Prefix } from './prefix.ts'

/**
 * Commands on all keys of a database, answered for the keys of one namespace by a script: at once, as the command itself
 * would be, and thus also within a pipeline or a transaction.
 */
export const wholeNamespace: ReadonlyMap<string, (prefix: Prefix) => Argument[]> = new Map([
  ['flushdb', (prefix) => script(flush, prefix)],
  ['dbsize', (prefix) => script(count, prefix)],
  // Scripts have no randomness of their own.
  ['randomkey', (prefix) => script(random, prefix, String(Math.random()))],
])

function script(onEach: string, prefix: Prefix, ...args: string[]): Argument[] {
  return [onEach, '0', `${prefix.text}*`, ...args]
}

function eachKeys(before: string, inside: string, after: string): string {
  return `${before}
local cursor = '0'
repeat
  local page = redis.call('SCAN', cursor, 'MATCH', ARGV[1], 'COUNT', 1000)
  cursor = page[1]
  local keys = page[2]
  ${inside}
until cursor == '0'
${after}`
}

const flush = eachKeys('', `for at = 1, #keys do redis.call('UNLINK', keys[at]) end`, `return redis.status_reply('OK')`)

/** A scan may name a key twice, so each one is counted once. */
const seen =
  'for at = 1, #keys do if not known[keys[at]] then known[keys[at]] = true; list[#list + 1] = keys[at] end end'
const count = eachKeys('local known, list = {}, {}', seen, 'return #list')
const random = eachKeys(
  'local known, list = {}, {}',
  seen,
  `if #list == 0 then return false end
return list[math.floor(tonumber(ARGV[2]) * #list) + 1]`,
)
