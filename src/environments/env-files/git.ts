import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { IsolaneError } from '../../core/errors.ts'

/**
 * Sees to it that git takes no notice of a file with secrets, before there is one: adds a line to `.gitignore` where that is
 * needed. Where there is neither git nor a `.gitignore`, there is nothing to do.
 * @returns whether a line was added
 * @throws ISOLANE_OPTION_INVALID when git has it under version control
 */
export async function ignoreInGit(root: string, file: string): Promise<boolean> {
  const git = async (...rest: string[]) => (await execa('git', rest, { cwd: root, reject: false })).exitCode === 0
  if (await git('ls-files', '--error-unmatch', '--', file)) throw underVersionControl(root, file)
  const ignoreFile = join(root, '.gitignore')
  if (await git('check-ignore', '--quiet', '--', file)) return false
  const inGit = await git('rev-parse', '--is-inside-work-tree')
  if (!inGit && !existsSync(ignoreFile)) return false
  const text = existsSync(ignoreFile) ? readFileSync(ignoreFile, 'utf8') : ''
  if (text.split(/\r?\n/).some((line) => [file, `/${file}`].includes(line.trim()))) return false
  writeFileSync(ignoreFile, `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${file}\n`)
  return true
}

function underVersionControl(root: string, file: string): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: `${join(root, file)} is under version control, and would have passwords in it`,
    remedy: `take it out (\`git rm --cached ${file}\`) and commit that, then run this again`,
  })
}
