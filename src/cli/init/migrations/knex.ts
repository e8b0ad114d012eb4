import { posix } from 'node:path'
import { connectionAt, type MoreVariables } from '../connection.ts'
import { exportedObject, objectBehind } from '../exported.ts'
import type { Manifest } from '../manifest.ts'
import { isSpreadOver, objectAt, stringAt, valueAt } from '../objects.ts'
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
  const flags = settings?.environment ? ` --env ${settings.environment}` : ''
  const folder = (kind: 'migrations' | 'seeds') => stringAt(objectAt(settings?.object, kind), 'directory') ?? kind
  const step = (command: string, kind: 'migrations' | 'seeds'): StepPlan => ({
    command: `${manifest.run} knex ${command}${flags}`,
    inputs: [posix.normalize(folder(kind)), file],
    ...(settings?.variables ? { variables: settings.variables } : {}),
  })
  const migrations = step('migrate:latest', 'migrations')
  if (!settings?.variables || !files.hasFolder(posix.normalize(folder('migrations')))) {
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
  /** `undefined`: its database may be another than the one that the environment names. */
  readonly variables: MoreVariables | undefined
  /** The environment that has to be asked for by name: without it Knex takes `development`. */
  readonly environment: string | undefined
}

/** The settings that tests run with. */
function testSettings(source: Source): Settings | undefined {
  try {
    const object = exportedObject(source)
    if (!object) return undefined
    if (valueAt(object, 'client')) return settingsOf(source, object, undefined)
    const found = isSpreadOver(object, 'test') ? undefined : objectBehind(source, valueAt(object, 'test'))
    return found && settingsOf(source, found, 'test')
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function settingsOf(source: Source, object: ObjectNode, environment: string | undefined): Settings {
  return { object, environment, variables: connectionAt(source, object, 'connection') }
}
