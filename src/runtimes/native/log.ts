import { readFrom } from './readiness.ts'
import { type Setup, withoutPassword } from './setup.ts'

/** The last lines a server wrote, without the password. */
export function lastLog({ workplace, spec }: Setup): string {
  try {
    return withoutPassword(readFrom(workplace.logFile, 0).trimEnd().split('\n').slice(-60).join('\n'), spec)
  } catch {
    return ''
  }
}
