import { readFileSync, readlinkSync } from 'node:fs'
import { hostname, networkInterfaces } from 'node:os'
import { fingerprint } from './fingerprint.ts'

let known: string | undefined

/**
 * Equal only where process numbers mean the same processes, and can be looked at. Host names alone don't tell: laptops
 * share them, and so do containers, whose process numbers are their own. Where it errs, it takes one machine for two, and
 * a dead holder's lease has to run out.
 */
export function thisMachine(): string {
  const user = String(process.getuid?.() ?? '')
  known ??= fingerprint(hostname(), user, networkCards(), bootOnLinux()).slice(0, 16)
  return known
}

/** Only built-in ones: those of containers and tunnels come and go. */
function networkCards(): string {
  const cards = Object.entries(networkInterfaces()).filter(([name]) => /^(en|eth|wl|wi)/i.test(name))
  const addresses = cards.flatMap(([, all]) => (all ?? []).map(({ mac }) => mac))
  return [...new Set(addresses)].sort().join()
}

/** A restart and a container each make process numbers anew. */
function bootOnLinux(): string {
  if (process.platform !== 'linux') return ''
  try {
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'latin1')}${readlinkSync('/proc/self/ns/pid')}`
  } catch {
    return crypto.randomUUID()
  }
}
