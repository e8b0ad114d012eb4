import { relative } from 'node:path'
import type { Command } from 'commander'
import { exportTemplates } from '../../snapshots/templates/pack.ts'
import { printLines, sizeText } from '../snapshot/text.ts'
import { clearProgress } from '../terminal-report.ts'
import { withTemplates } from './plan.ts'

export function addExport(template: Command): void {
  template
    .command('export')
    .description('write the templates of the stack into one file; migrates and seeds first where that was not done yet')
    .argument('[file]', 'what to write, in place of any that is there (default: the key, with .tar)')
    .action((file: string | undefined, _flags: unknown, command: Command) =>
      withTemplates(command, async (plan) => {
        const { file: written, bytes, services, staying } = await exportTemplates(plan, file ?? `${plan.key}.tar`)
        clearProgress()
        for (const { name, reason } of staying) process.stderr.write(`isolane ${name}: not in it: ${reason}\n`)
        const parts = Object.entries(services).map(([name, size]) => `${name} ${sizeText(size)}`)
        const path = relative(process.cwd(), written)
        printLines([`Wrote ${path} (${sizeText(bytes)}): ${parts.join(', ')}`, `key: ${plan.key}`])
      }),
    )
}
