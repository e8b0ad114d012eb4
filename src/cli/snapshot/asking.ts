import { isCi } from '../../core/config-check.ts'
import { exitCodes } from '../exit-codes.ts'

/** Whether somebody sits at a terminal. */
export function canAsk(): boolean {
  return process.stdin.isTTY && process.stdout.isTTY && !isCi()
}

/**
 * Asks before something goes that somebody may want. When nobody can be asked, or says no, that is told, and the exit code
 * says it too.
 * @param yes it has been said on the command line
 */
export async function confirmed(question: string, yes: boolean): Promise<boolean> {
  if (yes) return true
  if (!canAsk()) return notDone('there is no terminal to ask on; `--yes` does it without asking')
  const { confirm } = await import('@clack/prompts')
  return (await confirm({ message: question, initialValue: false })) === true || notDone('you said so')
}

/**
 * Asks for words to be typed.
 * @param what comes of it: a sentence
 * @returns what was typed; `undefined` when the user has left
 */
export async function typedWords(what: string, words: string): Promise<string | undefined> {
  const { isCancel, text } = await import('@clack/prompts')
  const typed = await text({ message: `${what}\nType ${words} to go on:` })
  return isCancel(typed) ? undefined : typed
}

/** @returns false */
export function notDone(why: string): false {
  process.stderr.write(`Nothing was changed: ${why}.\n`)
  process.exitCode = exitCodes.notWritten
  return false
}
