/** Has an act allowed: asks where the policy says so. */
import { type ErrorParts, IsolaneError } from '../core/errors.ts'
import { judge, type Verdict, type Wish } from './policy.ts'

/** Asks for words to be typed. @returns what was typed, `undefined` when the user has left */
export type Ask = (words: string) => Promise<string | undefined>

/**
 * @returns why it is not to be done, where somebody decided so or nobody could be asked; `undefined` when it may be done
 * @throws ISOLANE_ENVIRONMENT_PROTECTED
 */
export async function confirmAct(wish: Omit<Wish, 'typed'>, ask: Ask): Promise<string | undefined> {
  const verdict = judge(wish)
  if (verdict.is !== 'asks') return reasonOf(verdict)
  const typed = await ask(verdict.words)
  return typed === undefined ? 'you left' : reasonOf(judge({ ...wish, typed }))
}

function reasonOf(verdict: Verdict): string | undefined {
  if (verdict.is !== 'refused') return undefined
  const { why, remedy, declined } = verdict
  if (declined) return `${why}; ${remedy}`
  throw environmentProtected({ message: `Nothing was changed, as ${why}`, remedy })
}

export function environmentProtected(parts: Omit<ErrorParts, 'code'>): IsolaneError {
  return new IsolaneError({ code: 'ISOLANE_ENVIRONMENT_PROTECTED', ...parts })
}
