import { InvalidArgumentError } from 'commander'
import { harmlessLine } from '../../core/harmless.ts'

const units = ['B', 'kB', 'MB', 'GB', 'TB'] as const

/** `1.2 MB`; of 1,000 bytes a kB. */
export function sizeText(bytes: number): string {
  const step = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(bytes, 1)) / 3))
  const value = bytes / 1_000 ** step
  return `${step === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[step]}`
}

/** Bytes. @throws InvalidArgumentError */
export function parseSize(text: string): number {
  const [, amount, prefix = '', binary] = /^(\d+(?:\.\d+)?) ?([kmgt]?)(i?)b?$/i.exec(text) ?? []
  const power = ['', 'k', 'm', 'g', 't'].indexOf(prefix.toLowerCase())
  const bytes = Math.floor(Number(amount) * (binary ? 1_024 : 1_000) ** power)
  if (bytes > 0) return bytes
  throw new InvalidArgumentError('It must be a size such as 500MB or 2GB.')
}

/** `3 hours`, `1 day`: the largest unit that is full. A clock that was moved back makes nothing younger than new. */
export function ageText(createdAt: string, now = Date.now()): string {
  const minutes = Math.floor((now - Date.parse(createdAt)) / 60_000)
  if (minutes < 1) return 'just now'
  if (minutes < 60) return counted(minutes, 'minute')
  if (minutes < 24 * 60) return counted(Math.floor(minutes / 60), 'hour')
  return counted(Math.floor(minutes / (24 * 60)), 'day')
}

/** `1 day`, `2 days`. */
export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}

/** Snapshots come from elsewhere too: what is in them stays in its line. */
export function printLines(lines: readonly string[]): void {
  process.stdout.write(`${lines.map(harmlessLine).join('\n')}\n`)
}

export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`)
}

/** For options that may be repeated. */
export function collect(value: string, before: readonly string[] = []): string[] {
  return [...new Set([...before, value])]
}
