/** The example project of other runners, in a fresh folder with those runners and the packed package. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openProject, type Project } from '../vitest/project.ts'

export const exampleFolder = join(import.meta.dirname, '..', '..', 'examples', 'other-runners')

const compilerOptions = {
  ...{ module: 'nodenext', target: 'es2023', lib: ['es2023', 'dom', 'esnext.disposable'], types: ['node'] },
  ...{ strict: true, exactOptionalPropertyTypes: true, noEmit: true, skipLibCheck: true },
  allowImportingTsExtensions: true,
}

export async function openExample(): Promise<Project> {
  const names = readdirSync(exampleFolder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(exampleFolder.length + 1))
  return openProject('others', {
    ...Object.fromEntries(names.map((name) => [name, readFileSync(join(exampleFolder, name), 'utf8')])),
    // Playwright follows the nearest one: the checkout's leads to the source.
    'tsconfig.json': JSON.stringify({ compilerOptions, include: ['playwright', 'playwright.config.ts'] }),
  })
}
