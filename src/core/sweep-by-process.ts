import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { nodeOptionsForPrograms } from './node-options.ts'
import { packageRoot } from './package-root.ts'
import { startSurvivor } from './survivor.ts'

/** Runners often exit without tear-down (a second Ctrl-C): a process of its own then removes what is left. */
export function sweepAfterExit(): void {
  const cli = builtCli()
  if (cli !== undefined) startSurvivor(process.execPath, [cli, 'gc', '--quiet', '--after', String(process.pid)])
}

/** Removes what dead runs have left, whatever runtimes that takes. What fails is left for the next run. */
export async function sweepNow(): Promise<void> {
  const cli = builtCli()
  if (cli === undefined) return
  const { execa } = await import('execa')
  const env = { NODE_OPTIONS: nodeOptionsForPrograms() }
  // A Ctrl-C in our terminal is not meant for it.
  await execa(process.execPath, [cli, 'gc', '--quiet'], { env, stdio: 'ignore', reject: false, detached: true })
}

function builtCli(): string | undefined {
  const cli = join(packageRoot(), 'dist', 'cli.js')
  return existsSync(cli) ? cli : undefined
}
