import { setTimeout as delay } from 'node:timers/promises'
import { endOnSignals } from '../signals.ts'

const home = '\u001b[H'
const clearLineEnd = '\u001b[K'
const clearBelow = '\u001b[J'

/**
 * Shows what each look finds until a signal ends it. On a terminal in the place of the one before; elsewhere below it.
 * @param look throws when there is nothing to show any more, and this ends with that
 * @param forPrograms nothing but what is found, one look below the other, everywhere
 */
export async function watch(look: () => Promise<string>, interval: number, forPrograms: boolean): Promise<void> {
  const { signal } = endOnSignals()
  const isTerminal = process.stdout.isTTY && !forPrograms
  if (isTerminal) process.stdout.write(`${home}${clearBelow}`)
  while (!signal.aborted) {
    const found = await look()
    const text = forPrograms ? found : `${new Date().toLocaleTimeString()}\n\n${found}`
    if (isTerminal) process.stdout.write(`${home}${text.replaceAll('\n', `${clearLineEnd}\n`)}${clearBelow}`)
    else process.stdout.write(forPrograms ? text : `${text}\n`)
    await delay(interval, undefined, { signal }).catch(() => {})
  }
}
