import { constants, existsSync } from 'node:fs'
import { copyFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ServiceContext, Template } from '../../core/contracts.ts'
import { IsolaneError } from '../../core/errors.ts'
import { fingerprint } from '../../core/fingerprint.ts'
import { failureCode, fingerprintStep, runSteps, type StepFile, type StepPurpose } from '../../core/template-steps.ts'
import { laneEndpoint, laneEnvironment } from './lane.ts'
import type { SqliteOptions } from './options.ts'
import type { ProgramClient } from './program-client.ts'

export async function describeTemplate(options: SqliteOptions, context: ServiceContext): Promise<Template> {
  const migrations = await fingerprintStep(options.migrations, 'migrations', context.root)
  const seed = await fingerprintStep(options.seed, 'seed', context.root)
  return {
    fingerprint: fingerprint('sqlite', migrations.fingerprint, seed.fingerprint),
    cacheable: migrations.cacheable && seed.cacheable,
  }
}

/**
 * The template's file in a folder, made when it is not there.
 * @param fill makes an empty database what lanes begin with
 */
export async function ensureTemplate(
  folder: string,
  { fingerprint: wanted }: Template,
  fill: (file: string) => Promise<void>,
  context: ServiceContext,
  program: ProgramClient,
): Promise<string> {
  const file = join(folder, `template-${wanted.slice(0, 16)}.db`)
  if (existsSync(file)) return file
  const building = join(folder, 'building.db')
  const finished = join(folder, 'finished.db')
  await removeDatabase(building)
  // Some tools open only what is there; an empty file is an empty database.
  await writeFile(building, '')
  await fill(building)
  await removeDatabase(finished)
  await settle(program, building, finished, context)
  await rename(finished, file)
  await removeDatabase(building)
  return file
}

/** Runs the migrations, then the seed, on a database. @throws ISOLANE_MIGRATION_FAILED, ISOLANE_SEED_FAILED */
export async function runStepsOn(
  file: string,
  steps: SqliteOptions,
  context: ServiceContext,
  program: ProgramClient,
): Promise<void> {
  const lane = laneEndpoint(file)
  await runSteps(steps, {
    context,
    lane,
    env: laneEnvironment(lane),
    extensions: ['.sql'],
    runFile: (script, purpose) => runSqlFile(program, file, script, purpose),
  })
}

/** A copy by way of SQLite holds what is still in the write-ahead log of tools that did not close their connection. */
async function settle(program: ProgramClient, building: string, finished: string, context: ServiceContext) {
  const failure = await program.perform({ work: 'copy', from: building, to: finished })
  if (!failure) return
  throw new IsolaneError({
    code: 'ISOLANE_TEMPLATE_FAILED',
    message: `The migrated database of ${context.name} can't be copied: ${failure.message}`,
    remedy: failure.locked
      ? 'have the migrations and the seed end their transactions and close their connections'
      : 'see whether the migrations and the seed leave a SQLite database behind',
  })
}

/** @throws ISOLANE_MIGRATION_FAILED, ISOLANE_SEED_FAILED with the line */
export async function runSqlFile(program: ProgramClient, database: string, script: StepFile, purpose: StepPurpose) {
  const failure = await program.perform({ work: 'run', database, script: script.text })
  if (!failure) return
  const { line, message } = failure
  const text = line === undefined ? '' : (script.text.split('\n')[line - 1] ?? '').trim().slice(0, 200)
  throw new IsolaneError({
    code: failureCode(purpose),
    message: `${script.path}${line === undefined ? '' : `:${line}`} failed: ${message}`,
    remedy: `correct the ${purpose === 'seed' ? 'seed' : 'migration'}`,
    ...(text === '' ? {} : { output: `the statement begins at line ${line}: ${text}` }),
  })
}

/** Clones the template where the file system can, else copies it. */
export async function cloneTemplate(template: string, file: string): Promise<void> {
  await copyFile(template, file, constants.COPYFILE_FICLONE)
}

/** What SQLite keeps beside a database while it is in use, or after its user was killed. */
const companions = ['-wal', '-shm', '-journal']

export async function removeCompanions(file: string): Promise<void> {
  await Promise.all(companions.map((suffix) => rm(`${file}${suffix}`, { force: true })))
}

async function removeDatabase(file: string): Promise<void> {
  await rm(file, { force: true })
  await removeCompanions(file)
}
