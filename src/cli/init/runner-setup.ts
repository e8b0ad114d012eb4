import type { Edit } from './edit.ts'
import { editJestConfig } from './jest-config.ts'
import { editJestJson, jestConfigFromPackage } from './jest-json.ts'
import { type Manifest, moduleExtension } from './manifest.ts'
import type { ProjectFiles } from './project-files.ts'
import { isTooOld, type Runner } from './runner.ts'
import { editVitestConfig, newVitestConfig } from './vitest-config.ts'

/** What is to be told beside the changes. */
export interface Told {
  readonly notes: string[]
  readonly byHand: string[]
}

/**
 * Makes the configs of a runner use lanes.
 * @param variables what lanes set
 */
export function setUpRunner(
  files: ProjectFiles,
  manifest: Manifest,
  runner: Runner,
  variables: readonly string[],
  told: Told,
): void {
  if (isTooOld(runner)) {
    told.notes.push(`${runner.name} ${runner.version} is too old: Isolane needs Vitest 3.2 or Jest 29, or newer`)
  }
  if (runner.name === 'vitest') setUpVitest(files, manifest, runner, variables, told)
  else setUpJest(files, runner, told)
}

function setUpVitest(
  files: ProjectFiles,
  manifest: Manifest,
  { configs }: Runner,
  variables: readonly string[],
  told: Told,
): void {
  for (const file of configs) applyEdit(files, file, (text) => editVitestConfig(file, text, variables), told)
  if (configs.length === 0) files.write(`vitest.config.${moduleExtension(manifest)}`, newVitestConfig())
  const workspace = files.list().find((name) => /^vitest\.workspace\./.test(name))
  if (workspace && !files.read(workspace)?.includes('isolane/vitest'))
    told.byHand.push(`${workspace}: list \`isolane()\` in \`plugins\` of each project that uses a database`)
}

function setUpJest(files: ProjectFiles, { configs }: Runner, told: Told): void {
  for (const file of configs.length > 0 ? configs : ['package.json']) {
    const inPackage = file === 'package.json'
    const name = inPackage && moveToCode(files) ? movedConfig : file
    applyEdit(
      files,
      name,
      (text) => (name.endsWith('.json') ? editJestJson(name, text, inPackage) : editJestConfig(name, text)),
      told,
    )
  }
}

const movedConfig = 'jest.config.mjs'

/** A config in `package.json` that JSON can't express any more becomes code. */
function moveToCode(files: ProjectFiles): boolean {
  const moved = jestConfigFromPackage(files.read('package.json') ?? '')
  if (!moved) return false
  files.write(movedConfig, moved.config)
  files.write('package.json', moved.rest)
  return true
}

export function applyEdit(files: ProjectFiles, file: string, edit: (text: string) => Edit, told: Told): void {
  const { text, notes, byHand } = edit(files.read(file) ?? '')
  files.write(file, text)
  told.notes.push(...notes)
  if (byHand) told.byHand.push(byHand)
}
