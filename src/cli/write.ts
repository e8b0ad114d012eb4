import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { IsolaneError } from '../core/errors.ts'

/** @param file `true` or `-`: standard output. @throws ISOLANE_OPTION_INVALID when it can't be written */
export function write(option: string, file: string | true, text: string): void {
  if (isStandardOutput(file)) process.stdout.write(`${text}\n`)
  else toFile(option, file, () => writeFileSync(file, `${text}\n`))
}

/** @throws ISOLANE_OPTION_INVALID when it can't be written */
export function append(option: string, file: string, text: string): void {
  toFile(option, file, () => appendFileSync(file, `${text}\n`))
}

export function isStandardOutput(file: string | true | undefined): file is true | '-' {
  return file === true || file === '-'
}

function toFile(option: string, file: string, act: () => void): void {
  try {
    mkdirSync(dirname(file), { recursive: true })
    act()
  } catch (error) {
    throw new IsolaneError({
      code: 'ISOLANE_OPTION_INVALID',
      message: `${option}: ${file} can't be written (${(error as NodeJS.ErrnoException).code})`,
      remedy: 'name a file that this user may write',
      cause: error,
    })
  }
}
