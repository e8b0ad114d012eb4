import { connect, type NetConnectOpts } from 'node:net'
import type { EnginePlace } from './places.ts'

/** Time a remote engine gets to accept a connection, in milliseconds. Local ones answer or refuse at once. */
const patience = 3_000

/** Why nobody answers at a place, with what to do about it. */
export interface Closed {
  readonly reason: string
  readonly remedy: string
}

/** `undefined` when somebody accepts connections there. */
export async function knock(place: EnginePlace): Promise<Closed | undefined> {
  const options = connectOptions(place.address)
  if (!options) {
    return {
      reason: `${described(place)} is an address that testcontainers can't use`,
      remedy: 'use unix://, npipe:// or tcp://; for ssh, forward the socket and set DOCKER_HOST to it',
    }
  }
  const code = await attempt(options)
  return code === undefined ? undefined : explain(place, code)
}

function connectOptions(address: string): NetConnectOpts | undefined {
  if (!URL.canParse(address)) return undefined
  const { protocol, hostname, pathname, port } = new URL(address)
  switch (protocol) {
    case 'unix:':
      return { path: decodeURIComponent(pathname) }
    case 'npipe:':
      // URL takes the dot of //./pipe for a folder and drops it.
      return { path: `\\\\${address.replace(/^npipe:\/*/, '').replaceAll('/', '\\')}` }
    case 'tcp:':
    case 'http:':
    case 'https:':
      return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || (protocol === 'https:' ? 443 : 80)) }
    default:
      return undefined
  }
}

function attempt(options: NetConnectOpts): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect(options)
    const settle = (code: string | undefined) => {
      socket.destroy()
      resolve(code)
    }
    socket.setTimeout(patience, () => settle('ETIMEDOUT'))
    socket.once('connect', () => settle(undefined))
    socket.once('error', (error: NodeJS.ErrnoException) => settle(error.code ?? error.message))
  })
}

function explain(place: EnginePlace, code: string): Closed {
  const where = described(place)
  switch (code) {
    case 'ENOENT':
      return { reason: `there is no ${where}`, remedy: 'install Docker, or start it if it is installed' }
    case 'EACCES':
    case 'EPERM':
      return {
        reason: `this user may not use ${where} (permission denied)`,
        remedy: 'add the user to the group that owns the socket (usually `docker`) and log in again',
      }
    case 'ECONNREFUSED':
      return { reason: `nobody listens at ${where}`, remedy: 'start the Docker daemon' }
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return { reason: `the host of ${where} is not known`, remedy: 'correct that address' }
    default:
      return { reason: `${where} does not answer (${code})`, remedy: 'see that its host is up and can be reached' }
  }
}

function described({ address, source }: EnginePlace): string {
  return source ? `${address} (${source})` : address
}
