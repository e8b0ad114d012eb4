import { posix } from 'node:path'
import { toolVariables, variablesIn } from '../database-variables.ts'
import { exported, objectBehind } from '../exported.ts'
import type { Manifest } from '../manifest.ts'
import { objectAt, stringAt, valueAt } from '../objects.ts'
import type { ProjectFiles } from '../project-files.ts'
import { type ObjectNode, Source } from '../source.ts'
import type { Recognised, StepPlan } from './step.ts'

const configFiles = ['js', 'ts', 'mjs', 'cjs', 'mts', 'cts'].map((extension) => `knexfile.${extension}`)

export function recogniseKnex(
  files: ProjectFiles,
  manifest: Manifest,
  testCommands: readonly string[],
): Recognised | undefined {
  const file = files.first(configFiles)
  if (file === undefined) return undefined
  const source = new Source(files.read(file) ?? '')
  const settings = testSettings(source)
  const { fromEnvironment, more } = toolVariables(variablesIn(settings?.text ?? source.text))
  const flags = settings?.environment ? ` --env ${settings.environment}` : ''
  const folder = (kind: 'migrations' | 'seeds') => stringAt(objectAt(settings?.object, kind), 'directory') ?? kind
  const step = (command: string, kind: 'migrations' | 'seeds'): StepPlan => ({
    command: `${manifest.run} knex ${command}${flags}`,
    inputs: [posix.normalize(folder(kind)), file],
    variables: more,
  })
  const migrations = step('migrate:latest', 'migrations')
  if (!settings || !fromEnvironment || !files.hasFolder(posix.normalize(folder('migrations')))) {
    return {
      tool: 'Knex',
      advice: `it can't be told from ${file} that its database for tests comes from the environment, and where its migrations are: let it read DATABASE_URL, then set \`migrations: { command: '${manifest.run} knex migrate:latest${flags}', inputs: ['migrations', '${file}'] }\` in isolane.config`,
    }
  }
  const seeds = testCommands.some((command) => /^knex seed:run\b/.test(command))
  return {
    tool: 'Knex',
    migrations,
    ...(seeds ? { seed: step('seed:run', 'seeds') } : {}),
    replaces: /^knex (migrate:(latest|rollback|up)|seed:run)(\s+--?[\w-]+([= ][\w./-]+)?)*$/,
  }
}

interface Settings {
  readonly object: ObjectNode
  readonly text: string
  /** The environment that has to be asked for by name: without it Knex takes `development`. */
  readonly environment: string | undefined
}

/** The settings that tests run with. */
function testSettings(source: Source): Settings | undefined {
  try {
    const object = objectBehind(source, exported(source)?.expression)
    if (!object) return undefined
    if (valueAt(object, 'client')) return { object, text: source.of(object), environment: undefined }
    const found = objectBehind(source, valueAt(object, 'test'))
    return found && { object: found, text: source.of(found), environment: 'test' }
  } catch {
    return undefined
  }
}
