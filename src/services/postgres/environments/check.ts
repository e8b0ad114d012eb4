import type { ConnectionCheck } from '../../../core/contracts.ts'
import { messageOf } from '../../../core/errors.ts'
import { parseUrl } from '../attached/url.ts'
import { sqlState } from '../client.ts'
import type { PostgresLane } from '../options.ts'
import { inDatabase } from './connection.ts'
import { usersOf } from './role-variables.ts'

/** Connects as everybody who may: a program that has its own URL does it in the same way. Never throws. */
export function check(lane: PostgresLane): Promise<readonly ConnectionCheck[]> {
  return Promise.all(usersOf(lane).map(({ user, url }) => tryConnection(user, url, lane.database)))
}

async function tryConnection(who: string, url: string, database: string): Promise<ConnectionCheck> {
  const begun = performance.now()
  const { host, port, user } = parseUrl(url)
  const server = `${host}:${port}`
  const failure = await inDatabase(url, database, (client) => client.query('SELECT 1')).then(
    () => ({}),
    (error: unknown) => explained(error, { server, user, database }),
  )
  return { who, address: `${server}/${database}`, milliseconds: performance.now() - begun, ...failure }
}

interface Tried {
  readonly server: string
  readonly user: string
  readonly database: string
}

/** What a newcomer can do with what a client or the server says, by its code or a part of its text. */
function explained(error: unknown, { server, user, database }: Tried): Pick<ConnectionCheck, 'problem' | 'remedy'> {
  const said = messageOf(error).split('\n')[0] ?? ''
  const known: readonly (readonly [RegExp, string, string])[] = [
    [
      /ECONNREFUSED|ENOENT|ECONNRESET/,
      `nothing answers at ${server}: the server does not run, or has another address`,
      'start the stack with `isolane up`; when it is up already, see `isolane status` and `isolane logs`',
    ],
    [
      /ENOTFOUND|EAI_AGAIN/,
      `no machine of the name in ${server} is known`,
      'correct the name, or look whether the network is there',
    ],
    [
      /ETIMEDOUT|timeout expired/,
      `${server} does not answer in time`,
      'look whether the server is busy (`isolane logs`), and whether a firewall or a VPN is in between',
    ],
    [
      /28P01|28000|SASL/,
      `the server at ${server} does not accept the user ${user} with this password`,
      'write the env files anew with `isolane env files`: the password may have been changed since',
    ],
    [
      /3D000/,
      `the server at ${server} has no database ${database}`,
      'run `isolane down` and `isolane up`, which makes it; or it is another server: see `isolane status`',
    ],
    [
      /42501/,
      `the user ${user} may not connect to the database ${database}`,
      'run `isolane down` and `isolane up`, which gives users their rights again',
    ],
    [
      /53300/,
      `the server at ${server} has as many connections as it takes`,
      'end programs that leave connections open, or give them smaller pools',
    ],
    [
      /57P0[13]|55000/,
      `the server at ${server} is starting, stopping, or exchanging the database ${database}`,
      'wait a moment, and try again',
    ],
  ]
  const text = `${sqlState(error) ?? ''} ${said}`
  const [, problem, remedy] = known.find(([pattern]) => pattern.test(text)) ?? []
  return {
    problem: problem ?? `connecting to ${server} as ${user} fails: ${said}`,
    remedy: remedy ?? 'see `isolane status` and `isolane logs`',
  }
}
