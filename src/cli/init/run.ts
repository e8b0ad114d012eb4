import { isCi } from '../../core/config-check.ts'
import { IsolaneError } from '../../core/errors.ts'
import { exitCodes } from '../exit-codes.ts'
import { lookAt, type Sight } from './look.ts'
import { type Choice, plan } from './plan.ts'
import { ProjectFiles } from './project-files.ts'
import { askForChoice, askToWrite, defaultChoice } from './questions.ts'
import { coloured, foundText, patch, toldText } from './show.ts'

/**
 * Looks at the project in `root`, asks, shows the changes, writes them.
 * @param yes ask nothing, and write
 */
export async function init(root: string, yes: boolean): Promise<void> {
  const files = new ProjectFiles(root)
  const sight = lookAt(files)
  process.stderr.write(foundText(sight))
  const asks = !yes && process.stdin.isTTY && process.stdout.isTTY && !isCi()
  const choice = asks && !sight.hasConfig ? await askForChoice(files, sight) : defaultChoice(sight)
  if (!choice) return notWritten('you left')
  mustHaveServices(sight, choice, root)
  const told = plan(files, sight, choice)
  const changes = files.changes()
  const text = patch(changes)
  process.stdout.write(process.stdout.isTTY ? coloured(text) : text)
  if (changes.length === 0) process.stdout.write('There is nothing to do.\n')
  process.stderr.write(toldText(told))
  if (changes.length === 0) return
  if (!yes && !asks) return notWritten('there is no terminal to ask on; `--yes` writes without asking')
  if (asks && !(await askToWrite(changes.length))) return notWritten('you said so')
  const outdated = files.outdated()
  if (outdated.length > 0) return notWritten(`${outdated.join(', ')} changed in the meantime; run it again`)
  files.save()
  process.stderr.write(`Written: ${changes.map(({ name }) => name).join(', ')}\n`)
}

function notWritten(why: string): void {
  process.stderr.write(`Nothing was written: ${why}.\n`)
  process.exitCode = exitCodes.notWritten
}

function mustHaveServices({ hasConfig }: Sight, { services }: Choice, root: string): void {
  if (hasConfig || services.length > 0) return
  throw new IsolaneError({
    code: 'ISOLANE_CONFIG_INVALID',
    message: `Nothing in ${root} tells which database its tests use`,
    remedy: 'run `isolane init` on a terminal and choose, or write isolane.config.ts by hand',
  })
}
