import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { IsolaneError } from '../../core/errors.ts'

/**
 * Sees to it that git takes no notice of a file with secrets, before there is one, nor of what is written on the way to it:
 * adds lines to `.gitignore` where that is needed. Where there is neither git nor a `.gitignore`, there is nothing to do.
 * @param partials the pattern of their names
 * @returns whether a line was added
 * @throws ISOLANE_OPTION_INVALID when git has it under version control
 */
export async function ignoreInGit(root: string, file: string, partials: string): Promise<boolean> {
  const git = async (...rest: string[]) => (await execa('git', rest, { cwd: root, reject: false })).exitCode === 0
  if (await git('ls-files', '--error-unmatch', '--', file)) throw underVersionControl(root, file)
  const ignoreFile = join(root, '.gitignore')
  const isIn = await git('rev-parse', '--is-inside-work-tree')
  if (!isIn && !existsSync(ignoreFile)) return false
  const text = existsSync(ignoreFile) ? readFileSync(ignoreFile, 'utf8') : ''
  const lines = text.split(/\r?\n/).map((line) => line.trim())
  const missing: string[] = []
  for (const pattern of [file, partials]) {
    if (lines.includes(pattern) || lines.includes(`/${pattern}`)) continue
    if (!(await git('check-ignore', '--quiet', '--', pattern))) missing.push(pattern)
  }
  if (missing.length === 0) return false
  writeFileSync(ignoreFile, `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${missing.join('\n')}\n`)
  return true
}

function underVersionControl(root: string, file: string): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: `${join(root, file)} is under version control, and would have passwords in it`,
    remedy: `take it out (\`git rm --cached ${file}\`) and commit that, then run this again`,
  })
}
