import type { DocumentedCommand } from './documented.ts'

const connection = 'changes the connection that the other commands of the test need: see keyspace.test.ts'
const pubsub = 'changes what the connection can do: see messages.test.ts'

/** Commands that are not called here, and why. */
export const outsideOfThisTest: ReadonlyMap<string, string> = new Map([
  ...['quit', 'auth', 'hello', 'select', 'multi', 'exec', 'discard'].map((name) => [name, connection] as const),
  ...['subscribe', 'psubscribe', 'ssubscribe', 'unsubscribe', 'punsubscribe', 'sunsubscribe'].map(
    (name) => [name, pubsub] as const,
  ),
  ['host:', 'not a command, but what Redis 6.2 answers to a browser'],
  ['post', 'not a command, but what Redis 6.2 answers to a browser'],
])

/** Commands that answer differently each time, by chance, by the clock, or with what the server is or has done. */
export const notRepeatable: ReadonlySet<string> = new Set([
  ...['spop', 'srandmember', 'hrandfield', 'zrandmember', 'randomkey', 'scan', 'lolwut', 'acl|genpass'],
  ...['time', 'lastsave', 'ttl', 'pttl', 'expiretime', 'pexpiretime', 'httl', 'hpttl', 'hexpiretime', 'hpexpiretime'],
  ...['xadd', 'xpending', 'xinfo', 'xinfo|consumers', 'xinfo|stream', 'object|idletime', 'memory|usage', 'dump'],
  ...[
    'info',
    'role',
    'client|list',
    'client|info',
    'client|id',
    'client|getname',
    'config|get',
    'command',
    'command|list',
    'command|docs',
    'command|info',
  ],
  ...['acl|whoami', 'memory|stats', 'memory|malloc-stats', 'memory|doctor', 'function|stats', 'module|list'],
  ...['dbsize', 'sscan', 'hscan'],
])

/** Commands that answer with the same things in any order. */
export const unordered: ReadonlySet<string> = new Set([
  'keys',
  'sdiff',
  'sinter',
  'sunion',
  'smembers',
  'sort',
  'sort_ro',
])

/** What Redis 6.2 has and Redis 7 has no more, so that no server documents it. */
export const onlyInOlder: ReadonlyMap<string, DocumentedCommand> = new Map([
  [
    'stralgo',
    {
      group: 'string',
      arguments: [
        { name: 'lcs', type: 'pure-token', token: 'LCS', flags: [], arguments: [] },
        { name: 'keys', type: 'pure-token', token: 'KEYS', flags: [], arguments: [] },
        { name: 'first', type: 'key', flags: [], arguments: [] },
        { name: 'second', type: 'key', flags: [], arguments: [] },
      ],
    },
  ],
])
