import { outgoingChannel, publishedChannel } from './channels.ts'
import { type CommandEntry, type CommandTable, knownEntry } from './command-table.ts'
import { isWord, keyPositions } from './key-specs.ts'
import { movingKeys } from './moving-keys.ts'
import { passing, reasons } from './passing.ts'
import type { Argument, Prefix } from './prefix.ts'
import { refused } from './refused.ts'
import { type ReplyChange, replyChange } from './replies.ts'
import { wholeNamespace } from './whole-namespace.ts'

export interface Rewritten {
  /** Where another command answers in its place. */
  readonly name?: string
  readonly args: readonly Argument[]
  readonly reply?: ReplyChange
}

/** What only the server knows: where the keys of one command are, or what a command unknown so far is. */
export interface ServerKnowledge {
  readonly keyPositions: (name: string, args: readonly Argument[]) => Promise<number[]>
  readonly lookUp: (name: string) => Promise<CommandEntry | undefined>
}

/** Commands that need no table, as no table tells of their patterns and channels, or as they have nothing to change. */
export function rewriteUntold(name: string, args: readonly Argument[], prefix: Prefix): Rewritten | undefined {
  const [command] = find(name, args)
  const whole = wholeNamespace.get(command)
  const rule = rules.get(command)
  if (rule) return answered(command, rule(args, prefix, command), prefix)
  if (whole) return { ...answered(command, whole(prefix), prefix), name: 'eval' }
  return passing.has(command) || isHelp(command, args) ? { args } : undefined
}

/**
 * One command, kept within a namespace, by the server's table. A promise only where the server has to be asked first.
 * @throws ISOLANE_QUERY_REFUSED
 */
export function rewrite(
  name: string,
  args: readonly Argument[],
  prefix: Prefix,
  table: CommandTable,
  server: ServerKnowledge,
): Rewritten | Promise<Rewritten> {
  const [command, entry] = find(name, args, table)
  const prefixed = (positions: readonly number[]) => answered(command, withPrefix(args, positions, prefix), prefix)
  const moving = movingKeys.get(command)
  if (moving) return prefixed(moving(args))
  const byEntry = (found: CommandEntry) => {
    if (!found.complete) return server.keyPositions(name, args).then(prefixed)
    if (found.specs.length > 0) return prefixed(keyPositions(command, found.specs, args))
    throw refused(command, ...(reasons.get(command) ?? (['reaches beyond the namespace'] as const)))
  }
  if (entry) return byEntry(entry)
  return server.lookUp(name).then((found) => {
    if (found) return byEntry(found)
    throw refused(command, 'is not among the commands that the server has', 'see `COMMAND LIST`')
  })
}

function answered(command: string, args: readonly Argument[], prefix: Prefix): Rewritten {
  const reply = replyChange(command, prefix)
  return { args, ...(reply ? { reply } : {}) }
}

/** The command's full name, `memory|usage` for a subcommand, and what the table says of it. */
function find(name: string, args: readonly Argument[], table?: CommandTable): [string, CommandEntry | undefined] {
  const [first = ''] = args
  // Longer than any subcommand: a script, or a value.
  if (first.length > 64) return [name, table?.get(name)]
  const whole = `${name}|${String(first).toLowerCase()}`
  const special = passing.has(whole) || reasons.has(whole) || rules.has(whole)
  const entry = table?.get(whole) ?? knownEntry(whole)
  return entry || special ? [whole, entry] : [name, table?.get(name)]
}

function isHelp(command: string, args: readonly Argument[]): boolean {
  return args.length === 1 && isWord(args[0], 'HELP') && containers.has(command.replace(/\|help$/, ''))
}

const containers = new Set([
  ...['acl', 'client', 'cluster', 'command', 'commandlog', 'config', 'function', 'latency', 'memory', 'module'],
  ...['object', 'pubsub', 'script', 'slowlog', 'xgroup', 'xinfo'],
])

function withPrefix(args: readonly Argument[], positions: readonly number[], prefix: Prefix): Argument[] {
  const at = new Set(positions)
  return args.map((argument, position) => (at.has(position) ? prefix.add(argument) : argument))
}

type Rule = (args: readonly Argument[], prefix: Prefix, command: string) => readonly Argument[]

const subscribe: Rule = (args, prefix, command) => args.map((channel) => outgoingChannel(command, channel, prefix))
const publish: Rule = ([channel, ...rest], prefix, command) =>
  channel === undefined ? [] : [publishedChannel(command, channel, prefix), ...rest]
const pattern: Rule = ([sub = '', given = '*', ...rest], prefix) => [sub, prefix.add(given), ...rest]
const channels: Rule = ([sub = '', ...rest], prefix) => [sub, ...rest.map((channel) => prefix.add(channel))]

/** Commands with patterns or channels, of which no table tells. */
const rules: ReadonlyMap<string, Rule> = new Map([
  ['keys', ([given, ...rest], prefix) => (given === undefined ? [] : [prefix.add(given), ...rest])],
  ['scan', scan],
  ['publish', publish],
  ['spublish', publish],
  ['subscribe', subscribe],
  ['psubscribe', subscribe],
  ['ssubscribe', subscribe],
  ['unsubscribe', subscribe],
  ['punsubscribe', subscribe],
  ['sunsubscribe', subscribe],
  ['pubsub|channels', pattern],
  ['pubsub|shardchannels', pattern],
  ['pubsub|numsub', channels],
  ['pubsub|shardnumsub', channels],
])

/** The last `MATCH` counts, as it does for the server. */
function scan(args: readonly Argument[], prefix: Prefix): readonly Argument[] {
  if (args.length === 0) return args
  const changed = [...args]
  let matched = false
  for (let at = 1; at + 1 < changed.length; at += 2) {
    if (!isWord(changed[at], 'MATCH')) continue
    changed[at + 1] = prefix.add(changed[at + 1] ?? '')
    matched = true
  }
  return matched ? changed : [...changed, 'MATCH', `${prefix.text}*`]
}
