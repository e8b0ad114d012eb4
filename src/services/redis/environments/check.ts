import type { ConnectionCheck } from '../../../core/contracts.ts'
import { messageOf } from '../../../core/errors.ts'
import type { RedisLane } from '../options.ts'
import { numberOf, withClient } from './connection.ts'

interface Problem {
  readonly problem: string
  readonly remedy: string
}

/** Connects as the environment's user does. Never throws. */
export async function check(lane: RedisLane): Promise<ConnectionCheck> {
  const begun = performance.now()
  const found = await withClient(lane.url, async (redis) => {
    await redis.ping()
    return problemOf(lane, await numberOf(redis))
  }).catch((error: unknown) => explained(lane, messageOf(error)))
  const address = `${lane.host}:${lane.port}/${lane.database}`
  return { who: 'owner', address, milliseconds: performance.now() - begun, ...found }
}

function problemOf({ database }: RedisLane, number: number): Partial<Problem> {
  if (number === database) return {}
  return {
    problem: `the connection is in DB ${number}, and this environment's keys are in DB ${database}`,
    remedy: 'connect with the whole REDIS_URL, its number at the end included',
  }
}

/** What a newcomer can do with what a client says, by a part of that. */
function explained({ host, port, username, database }: RedisLane, text: string): Problem {
  const server = `${host}:${port}`
  const known: readonly (readonly [RegExp, string, string])[] = [
    [
      /ECONNREFUSED/,
      `nothing answers at ${server}: the server does not run, or has another address`,
      'start the stack with `isolane up`; when it is up already, see `isolane status` and `isolane logs`',
    ],
    [
      /ENOTFOUND|EAI_AGAIN/,
      `no machine of the name ${host} is known`,
      'correct the name, or look whether the network is there',
    ],
    [
      /ETIMEDOUT|timed out/,
      `${server} does not answer in time`,
      'look whether the server is busy (`isolane logs`), and whether a firewall or a VPN is in between',
    ],
    [
      /WRONGPASS|NOAUTH|invalid password/,
      `the server at ${server} does not accept the user ${username} with this password`,
      'write the env files anew with `isolane env files`: the password may have been changed since',
    ],
    [
      /NOPERM/,
      `the user ${username} may not work in DB ${database} (${text})`,
      'run `isolane down` and `isolane up`, which makes the user again',
    ],
    [/LOADING/, `the server at ${server} still reads its data from the disk`, 'wait a moment, and try again'],
    [
      /max number of clients/,
      `the server at ${server} has as many connections as it takes`,
      'end programs that leave connections open',
    ],
    [/out of range/, `the server at ${server} has no DB ${database}`, 'it may be another server: see `isolane status`'],
  ]
  const [, problem, remedy] = known.find(([pattern]) => pattern.test(text)) ?? []
  return {
    problem: problem ?? `connecting to ${server} fails: ${text}`,
    remedy: remedy ?? 'see `isolane status` and `isolane logs`',
  }
}
