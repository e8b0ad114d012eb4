import { readFileSync } from 'node:fs'
import { freemem } from 'node:os'
import { type Check, note, ok } from './check.ts'
import type { Subject } from './subjects.ts'

/** Bytes that a server of a kind wants for some lanes and environments; measured, see docs/deployments.md. */
const wants: Readonly<Record<string, number>> = { neo4j: 500e6, postgres: 60e6, redis: 15e6 }
const otherWants = 100e6

/** Whether what the machine has free does for the project's servers. No failure: systems make room where they can. */
export function memoryChecks(subjects: readonly Subject[]): Check[] {
  const needed = subjects.reduce((sum, { kind }) => sum + (wants[kind] ?? otherWants), 0)
  const free = available()
  const text = `${Math.round(free / 1e6)} MB are free, and the servers want about ${Math.round(needed / 1e6)} MB`
  if (free >= needed) return [ok('memory', text)]
  return [note('memory', text, 'end other programs, or give the machine (Docker Desktop: its virtual machine) more')]
}

/** What programs can have, with what the kernel would give up for them, where it tells. */
function available(): number {
  try {
    const [, kilobytes] = /^MemAvailable:\s+(\d+) kB/m.exec(readFileSync('/proc/meminfo', 'utf8')) ?? []
    if (kilobytes) return Number(kilobytes) * 1024
  } catch {}
  return freemem()
}
