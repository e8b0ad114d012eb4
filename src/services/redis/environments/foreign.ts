import type { ForeignSupport, LaneId, ServiceContext } from '../../../core/contracts.ts'
import { IsolaneError } from '../../../core/errors.ts'
import { parseUrl } from '../attach.ts'
import { Administrator, failed } from '../client.ts'
import { nameAndVersion } from '../inspect.ts'
import { isTooOld } from '../options.ts'
import { Place } from '../snapshots/place.ts'
import { describeLane, saveLane, sizeOfLane } from '../snapshots/save-lane.ts'
import { foreignNumber } from './foreign-number.ts'

/** What a URL leads to is read as a lane is. */
const theirs: LaneId = { number: 1, name: 'theirs' }

/** DB numbers of servers that are not Isolane's. Nothing is written there, not even a copy to read. */
export const foreign: ForeignSupport = {
  save: (url, files, context) => reading(url, context, (place) => saveLane(place, theirs, files)),
  describe: (url, context) => reading(url, context, (place) => describeLane(place, theirs)),
  size: (url, context) =>
    reading(url, context, (place, info) => {
      tellOthers(info, place.numberOf(theirs), context)
      return sizeOfLane(place, theirs)
    }),
}

async function reading<Result>(
  text: string,
  context: ServiceContext,
  read: (place: Place, info: string) => Promise<Result>,
): Promise<Result> {
  const url = parseUrl(text)
  const [path, digits] = /^\/?(\d*)$/.exec(url?.pathname ?? '') ?? []
  if (!url || path === undefined) throw noUrl(context)
  const number = Number(digits)
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const port = Number(url.port || 6379)
  const endpoint = { host, ports: { redis: port }, credentials: { username: '', password: '' }, url: url.href }
  const administrator = await Administrator.connect(endpoint, number)
  const address = `${host}:${port}`
  try {
    const info = String(await administrator.send('INFO'))
    const server = nameAndVersion(info)
    if (isTooOld(server)) throw tooOld(address, `${server.name} ${server.version}`)
    if (/^redis_mode:cluster/m.test(info)) throw cluster(address)
    return await read(new Place(administrator, server, foreignNumber(number), context), info)
  } catch (error) {
    const remedy =
      'its user needs the rights to INFO, SELECT, EVAL, TIME and all commands that read (`+@read +eval +select +time +info`); where scripts are not allowed at all, as on some hosted servers, copy its keys to a Redis of your own first'
    throw failed('ISOLANE_SNAPSHOT_FAILED', `The keys of DB ${number} at ${address} can't be read`, remedy, error)
  } finally {
    administrator.close()
  }
}

/** An environment has one number: what is in others must not be missed. */
function tellOthers(info: string, number: number, { name, report }: ServiceContext): void {
  const others = [...info.matchAll(/^db(\d+):keys=/gm)]
    .map(([, other]) => other)
    .filter((other) => Number(other) !== number)
  if (others.length === 0) return
  const text = `only DB ${number} of that server is taken; there are keys in DB ${others.join(', ')} too, which URLs such as redis://…/${others[0]} lead to`
  report({ kind: 'warning', subject: name, text })
}

function noUrl({ name }: ServiceContext): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: `What ${name} is to be taken over from is no URL of a Redis server`,
    remedy: 'give one such as redis://user:password@host:6379/0; the number at its end is that of the DB',
  })
}

function tooOld(address: string, server: string): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_VERSION_UNSUPPORTED',
    message: `The server at ${address} is ${server}, which is too old to be read`,
    remedy: 'start Redis 6.2 or newer on a copy of its data (dump.rdb), and use that one’s URL',
  })
}

function cluster(address: string): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_SNAPSHOT_FAILED',
    message: `The server at ${address} is one node of a cluster, and has but a part of the keys`,
    remedy: 'copy the keys of all nodes into one Redis first, and use its URL',
  })
}
