import { existsSync } from 'node:fs'
import type { Credentials } from '../../core/contracts.ts'

/** What the placeholders of a {@link NativeCommand} stand for. */
export interface Places {
  readonly data: string
  readonly private: string
  readonly engine: string
  /** Folders of additions, by name. */
  readonly additions: Readonly<Record<string, string>>
  readonly warm: string | undefined
  readonly host: string
  readonly ports: Readonly<Record<string, number>>
  readonly credentials: Credentials
}

/** Replaces every known placeholder; other braces stay. */
export function expand(text: string, places: Places): string {
  return text.replace(
    /\{(?:(data|private|engine|warm|host|username|password)|port\.([\w-]+)|engine\.([\w-]+))\}/g,
    (whole, name, port, addition) => {
      if (addition !== undefined) return places.additions[addition] ?? whole
      if (port !== undefined) return String(places.ports[port] ?? whole)
      switch (name) {
        case 'username':
        case 'password':
          return places.credentials[name as 'username' | 'password']
        default:
          return places[name as 'data' | 'private' | 'engine' | 'warm' | 'host'] ?? whole
      }
    },
  )
}

/** Whether an argument names a file that is missing below `{warm}`. */
export function namesMissingWarmFile(argument: string, places: Places): boolean {
  const path = /\{warm\}[^,;\s]*/.exec(argument)?.[0]
  return path !== undefined && (places.warm === undefined || !existsSync(expand(path, places)))
}
