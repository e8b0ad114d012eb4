import { readFileSync } from 'node:fs'
import type { StackStatus } from './stack.ts'

/** Adds the memory of services that are processes here, where the kernel tells it. Takes some milliseconds, so only on request. */
export function withMemory(status: StackStatus): StackStatus {
  return {
    ...status,
    services: status.services.map((service) => {
      const memoryBytes = memoryOf(service.pids)
      return memoryBytes === undefined ? service : { ...service, memoryBytes }
    }),
  }
}

/** Bytes of these processes and their children, as their proportional share, so that shared pages count once. */
function memoryOf(pids: readonly number[]): number | undefined {
  if (pids.length === 0) return undefined
  try {
    return pids.reduce((sum, pid) => sum + proportionalBytes(pid), 0)
  } catch {
    return undefined
  }
}

function proportionalBytes(pid: number): number {
  const share = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean)
  return children.reduce((sum, child) => sum + proportionalBytes(Number(child)), Number(share?.[1] ?? 0) * 1024)
}
