/** Small projects as people have them, and `isolane init` at work on them. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type CliResult, readText, Sandbox } from './sandbox.ts'

export interface Initialised extends CliResult {
  /** A file as it is now; `undefined` when there is none. */
  read(name: string): string | undefined
}

/** What `isolane init --yes` makes of a project. A second run must find nothing to do. */
export async function initialised(files: Readonly<Record<string, string>>): Promise<Initialised> {
  await using sandbox = new Sandbox({ files })
  const result = await sandbox.cli(['init', '--yes'])
  const again = await sandbox.cli(['init'])
  if (result.code === 0 && (again.code !== 0 || again.stdout !== 'There is nothing to do.'))
    throw new Error(`The second run found more to do:\n${again.stdout}`)
  const names = ['ts', 'mts', 'js', 'mjs'].flatMap((extension) => [
    `isolane.config.${extension}`,
    `vitest.config.${extension}`,
    `jest.config.${extension}`,
  ])
  const texts = new Map(
    [...Object.keys(files), ...names]
      .filter((name) => existsSync(join(sandbox.root, name)))
      .map((name) => [name, readText(join(sandbox.root, name))]),
  )
  return { ...result, read: (name) => texts.get(name) }
}

/** A `package.json` with these scripts and dependencies. */
export function packageJson(
  scripts: Readonly<Record<string, string>>,
  dependencies: readonly string[],
  more: Readonly<Record<string, unknown>> = {},
): string {
  const versions = Object.fromEntries(dependencies.map((name) => [name, '*']))
  return `${JSON.stringify({ name: 'shop', scripts, devDependencies: versions, ...more }, null, 2)}\n`
}
