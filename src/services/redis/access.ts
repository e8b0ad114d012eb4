import { createHash, randomBytes } from 'node:crypto'
import type { Administrator, Command } from './client.ts'

/**
 * What a lane's user may not do. Everything here reaches beyond a DB number or changes the server for all.
 *
 * Valkey from 9.1 on keeps a user inside its number (`db=3`): no command and no script gets out. Older servers and
 * Redis can't; there a guard stands in: `SELECT` of other numbers, `MOVE`, `SWAPDB` and `FLUSHALL` are refused. What
 * that guard can't stop: a client that never selects its number works in DB 0 (found and reported at the next reset),
 * and `COPY … DB n` writes into any number, so environments' users may not use it there. Nowhere kept apart: pub/sub,
 * scripts and functions; `MONITOR`, which environments' users may not use either.
 */
const refusedToAll: readonly Refusal[] = [
  ...['swapdb', 'move', 'shutdown', 'debug', 'replicaof', 'slaveof', 'failover', 'sync', 'psync', 'replconf'],
  ...['save', 'bgsave', 'bgrewriteaof', 'module', 'migrate', 'client|pause', 'client|unpause'],
  { command: 'acl', except: ['whoami', 'cat'] },
]

/** What only matters while others are on the server. */
const refusedToNeighbours: readonly Refusal[] = [
  'flushall',
  'client|kill',
  'function|flush',
  'function|restore',
  'function|kill',
  'script|flush',
  'script|kill',
]

/** What matters in a server that is not ours: it tells of others' data and passwords. */
const refusedToGuests: readonly Refusal[] = ['config', 'monitor', 'slowlog']

/** What tells of other environments, or changes what is in them. */
const refusedToEnvironments: readonly Refusal[] = ['monitor', 'slowlog', 'commandlog']

const reading: Refusal = { command: 'config', except: ['get'] }

/** Who else is on the server: nobody, lanes, environments, or others whose server it is. */
export type Company = 'alone' | 'neighbours' | 'environments' | 'guests'

const refusals: Readonly<Record<Company, readonly Refusal[]>> = {
  alone: [...refusedToAll, reading],
  neighbours: [...refusedToAll, reading, ...refusedToNeighbours],
  environments: [...refusedToAll, reading, ...refusedToNeighbours, ...refusedToEnvironments],
  guests: [...refusedToAll, ...refusedToNeighbours, ...refusedToGuests],
}

type Refusal = string | { readonly command: string; readonly except: readonly string[] }

/** For Redis 6, which can allow single subcommands but not refuse them. */
const harmless: Readonly<Record<string, string>> = {
  client: 'caching getname getredir id info list reply setname tracking trackinginfo unblock',
  script: 'load exists',
}

/** What the server at hand can do about access. */
export interface Access {
  /** Whether users can be kept inside one DB number. */
  readonly confines: boolean
  readonly hasFunctions: boolean
  /** Rules for every lane's user. */
  readonly rules: readonly string[]
  readonly alone: boolean
}

/** Asks the server which rules it knows, instead of guessing from its version. One round trip. */
export async function probeAccess(administrator: Administrator, company: Company): Promise<Access> {
  const probe = `isolane-probe-${randomBytes(6).toString('hex')}`
  const sets = refusals[company].map((refusal) => rulesFor(refusal))
  const commands: Command[] = [
    ['ACL', 'SETUSER', probe, 'off'],
    ['ACL', 'SETUSER', probe, 'db=1'],
    ['ACL', 'SETUSER', probe, '-function|flush'],
    ...sets.map((set): Command => ['ACL', 'SETUSER', probe, ...set]),
    ['ACL', 'DELUSER', probe],
  ]
  const [made, confined, functions, ...known] = await administrator.tryAll(commands)
  if (made instanceof Error) throw made
  const rules = refusals[company].flatMap((refusal, index) => {
    const set = sets[index]
    return known[index] instanceof Error ? olderRulesFor(refusal) : (set ?? [])
  })
  const confines = !(confined instanceof Error)
  // `COPY … DB n` is the one way by which a guarded user writes elsewhere: tests may, environments are worth more.
  if (!confines && company === 'environments') rules.push('-copy')
  return {
    confines,
    hasFunctions: !(functions instanceof Error),
    rules: [...new Set(rules)],
    alone: company === 'alone',
  }
}

function rulesFor(refusal: Refusal): string[] {
  if (typeof refusal === 'string') return [`-${refusal}`]
  return [`-${refusal.command}`, ...refusal.except.map((name) => `+${refusal.command}|${name}`)]
}

/** Commands the server does not have need no rule. */
function olderRulesFor(refusal: Refusal): string[] {
  const [command = ''] = typeof refusal === 'string' ? refusal.split('|') : [refusal.command]
  const allowed = harmless[command]
  return allowed === undefined ? [] : [`-${command}`, ...allowed.split(' ').map((name) => `+${command}|${name}`)]
}

/** Makes or replaces a user that works in one database. The server only ever sees its password's hash. */
export function setUser(access: Access, name: string, password: string, database: number): Command {
  const hash = createHash('sha256').update(password).digest('hex')
  const within = access.confines
    ? [`db=${database}`, ...(access.alone ? ['(alldbs ~* +flushall)'] : [])]
    : ['-select', `+select|${database}`]
  return ['ACL', 'SETUSER', name, 'reset', 'on', `#${hash}`, '~*', '&*', '+@all', ...access.rules, ...within]
}
