import { randomBytes } from 'node:crypto'
import { IsolaneError } from '../core/errors.ts'

/**
 * One segment of a path in a snapshot, on every platform: lower case, so that no two differ in case alone; no end that
 * Windows cuts off; no beginning that means "hidden" or an option of a command.
 */
const segment = /^[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9_-])?$/
/** Windows takes these for devices, also with an ending. */
const device = /^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)/i
/** As the config has services' names. */
const serviceName = /^[A-Za-z][A-Za-z0-9_-]{0,39}$/
const storedFile = /^[a-z0-9][a-z0-9.-]{0,63}\.zst$/

export const archiveSuffix = '.tar'
export const manifestFile = 'manifest.json'

/** Whether a snapshot, or a lane, may have this name. */
export function isName(name: string): boolean {
  const isFree = name !== manifestFile && !name.endsWith(archiveSuffix) && !name.endsWith('.partial')
  return isFree && segment.test(name) && !device.test(name)
}

export function isServiceName(name: string): boolean {
  return serviceName.test(name) && !device.test(name)
}

export function isStoredFileName(name: string): boolean {
  return storedFile.test(name) && !device.test(name)
}

/** @throws ISOLANE_OPTION_INVALID */
export function checkName(name: string): void {
  if (isName(name)) return
  throw new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: `A snapshot can't be named ${JSON.stringify(name)}`,
    remedy: 'use up to 64 lower-case letters, digits, dots, dashes and underscores, with a letter or digit first',
  })
}

/** Whether `open` takes it for a path rather than for a name. */
export function isPath(nameOrPath: string): boolean {
  return /[/\\]/.test(nameOrPath) || nameOrPath.endsWith(archiveSuffix) || nameOrPath === '.' || nameOrPath === '..'
}

/** A name nobody gave, for people to tell from others by its time: `20261121-223850-4f1c`. */
export function automaticName(now = new Date()): string {
  const [date = '', time = ''] = now.toISOString().replaceAll(/[-:]/g, '').split(/[T.]/)
  return `${date}-${time}-${randomBytes(2).toString('hex')}`
}
