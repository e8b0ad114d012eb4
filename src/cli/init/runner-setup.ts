import type { Edit } from './edit.ts'
import { editJestConfig, presetByHand } from './jest-config.ts'
import { editJestJson, jestConfigFromPackage } from './jest-json.ts'
import { type Manifest, moduleExtension } from './manifest.ts'
import type { ProjectFiles } from './project-files.ts'
import { isTooOld, type Runner } from './runner.ts'
import { editVitestConfig, newVitestConfig, pluginByHand } from './vitest-config.ts'

/** What is to be told beside the changes. */
export interface Told {
  readonly notes: string[]
  readonly byHand: string[]
}

/**
 * Makes the configs of a runner use lanes.
 * @param variables what lanes set
 * @returns whether all of them do then: nothing is left to the user
 */
export function setUpRunner(
  files: ProjectFiles,
  manifest: Manifest,
  runner: Runner,
  variables: readonly string[],
  told: Told,
): boolean {
  if (isTooOld(runner)) {
    told.notes.push(`${runner.name} ${runner.version} is too old: Isolane needs Vitest 3.2 or Jest 29, or newer`)
  }
  const before = told.byHand.length
  if (runner.name === 'vitest') setUpVitest(files, manifest, runner, variables, told)
  else setUpJest(files, runner, told)
  return told.byHand.length === before
}

function setUpVitest(
  files: ProjectFiles,
  manifest: Manifest,
  { configs, unknown }: Runner,
  variables: readonly string[],
  told: Told,
): void {
  for (const file of configs) applyEdit(files, file, (text) => editVitestConfig(file, text, variables), told)
  for (const name of unknown) told.byHand.push(pluginByHand(name, notFound))
  const own = `vitest.config.${moduleExtension(manifest)}`
  const isMissing = configs.length === 0 && unknown.length === 0
  if (isMissing && !files.create(own, newVitestConfig())) told.byHand.push(pluginByHand(own, ' was there already'))
  const workspace = files.list().find((name) => /^vitest\.workspace\./.test(name))
  if (workspace && !files.read(workspace)?.includes('isolane/vitest'))
    told.byHand.push(`${workspace}: list \`isolane()\` in \`plugins\` of each project that uses a database`)
}

const notFound = ', which a script names, is no file in here'

function setUpJest(files: ProjectFiles, { configs, unknown }: Runner, told: Told): void {
  for (const name of unknown) told.byHand.push(presetByHand(name, notFound))
  const missing = unknown.length > 0 ? [] : ['package.json']
  for (const file of configs.length > 0 ? configs : missing) {
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
  if (!moved || !files.create(movedConfig, moved.config)) return false
  files.write('package.json', moved.rest)
  return true
}

export function applyEdit(files: ProjectFiles, file: string, edit: (text: string) => Edit, told: Told): void {
  const { text, notes, byHand } = edit(files.read(file) ?? '')
  files.write(file, text)
  told.notes.push(...notes)
  if (byHand) told.byHand.push(byHand)
}
