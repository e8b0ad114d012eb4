import { readFileSync } from 'node:fs'
import { isAbsolute, resolve } from 'node:path'
import type { ConnectionOptions } from 'node:tls'
import { IsolaneError, messageOf } from '../../../core/errors.ts'
import type { ServerUrl } from './url.ts'

/** One way of connecting: `undefined` without TLS. */
type Way = ConnectionOptions | undefined

/**
 * The ways of connecting that `sslmode` allows, in the order in which libpq tries them. Without one, TLS is what we turn
 * to when the server refuses us without.
 * @throws ISOLANE_OPTION_INVALID for an unknown mode, or a file that can not be read.
 */
export function waysToConnect({ host, parameters }: ServerUrl, service: string): readonly Way[] {
  const { sslmode = parameters.ssl === undefined ? 'allow' : fromSsl(parameters.ssl) } = parameters
  const own = {
    ...(parameters.sslcert ? { cert: read(parameters.sslcert, 'sslcert', service) } : {}),
    ...(parameters.sslkey ? { key: read(parameters.sslkey, 'sslkey', service) } : {}),
  }
  const unverified: Way = { ...own, rejectUnauthorized: false }
  const { sslrootcert } = parameters
  const authority = !sslrootcert || sslrootcert === 'system' ? {} : { ca: read(sslrootcert, 'sslrootcert', service) }
  const full: Way = { ...own, ...authority, host }
  const authorityOnly: Way = { ...own, ...authority, checkServerIdentity: () => undefined }
  const ways: Readonly<Record<string, readonly Way[]>> = {
    disable: [undefined],
    allow: [undefined, unverified],
    prefer: [unverified, undefined],
    require: [sslrootcert ? authorityOnly : unverified],
    'verify-ca': [authorityOnly],
    'verify-full': [full],
    'no-verify': [unverified],
  }
  const allowed = ways[sslmode]
  if (allowed) return allowed
  throw invalid(service, `sslmode is none of ${Object.keys(ways).join(', ')}`)
}

/** As drivers in JavaScript write it: `ssl=true`. */
function fromSsl(value: string): string {
  return ['0', 'false', ''].includes(value) ? 'disable' : 'verify-full'
}

/** Files are named from the config's folder; whoever gets the lane's variables may stand elsewhere. */
export function withAbsolutePaths(server: ServerUrl, root: string): ServerUrl {
  const files = ['sslrootcert', 'sslcert', 'sslkey'].flatMap((name) => {
    const path = server.parameters[name]
    return path === undefined || path === 'system' || isAbsolute(path) ? [] : [[name, resolve(root, path)] as const]
  })
  return { ...server, parameters: { ...server.parameters, ...Object.fromEntries(files) } }
}

function read(path: string, parameter: string, service: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw invalid(service, `${parameter} can not be read: ${messageOf(error)}`, error)
  }
}

function invalid(service: string, why: string, cause?: unknown): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: `${service}: option "url" is invalid`,
    remedy: why,
    cause,
  })
}
