import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { freemem, totalmem } from 'node:os'
import { join } from 'node:path'

/** Bytes that programs may still take: of the machine, and of the container or control group that we are in. */
export function freeMemory(): number {
  if (process.platform === 'darwin') return freeOnMac()
  const limit = process.constrainedMemory()
  const isLimited = limit > 0 && limit < totalmem()
  return isLimited ? Math.min(freemem(), process.availableMemory() + cachedInGroup()) : freemem()
}

/** What a control group counts as taken although the kernel gives it up when it is needed: files that were read. */
function cachedInGroup(): number {
  for (const folder of ['/sys/fs/cgroup', join('/sys/fs/cgroup', ownGroup())].reverse()) {
    const inactive = /^inactive_file (\d+)$/m.exec(textOf(join(folder, 'memory.stat')))
    if (inactive) return Number(inactive[1])
  }
  return 0
}

function ownGroup(): string {
  return /^0::(.*)$/m.exec(textOf('/proc/self/cgroup'))?.[1] ?? ''
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

/** What Node calls free there leaves out what is given up when it is needed. */
function freeOnMac(): number {
  try {
    return freeInPages(execFileSync('vm_stat', { encoding: 'utf8' }))
  } catch {
    return totalmem() / 2
  }
}

/** Of what `vm_stat` prints. */
export function freeInPages(text: string): number {
  const pageSize = Number(/page size of (\d+) bytes/.exec(text)?.[1] ?? 4096)
  const pages = (kind: string) => Number(new RegExp(`^Pages ${kind}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0)
  return pageSize * (pages('free') + pages('inactive') + pages('speculative') + pages('purgeable'))
}
