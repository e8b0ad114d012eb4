import { clients } from '../../builtin.ts'
import { laneVariables } from './lane-variables.ts'
import type { Sight } from './look.ts'
import { moduleExtension } from './manifest.ts'
import type { Recognised } from './migrations/step.ts'
import { editScripts } from './package-scripts.ts'
import type { ProjectFiles } from './project-files.ts'
import { applyEdit, setUpRunner, type Told } from './runner-setup.ts'
import type { ServiceKind } from './services.ts'
import { stackConfig } from './stack-config.ts'
import { warnings } from './warnings.ts'

/** What the user, or `--yes`, has chosen. */
export interface Choice {
  readonly services: readonly ServiceKind[]
  /** What makes the Postgres schema. */
  readonly postgres: Pick<Recognised, 'migrations' | 'seed' | 'replaces'>
}

/** Puts every change into `files`. */
export function plan(files: ProjectFiles, sight: Sight, choice: Choice): Told {
  const told: Told = { notes: [], byHand: [] }
  const variables = laneVariables(choice.services)
  if (!sight.hasConfig) writeConfig(files, sight, choice, told)
  // Where something is left to the user, tests may still share a database: they stay one by one, and migrated.
  const ready = sight.runners.filter((runner) => setUpRunner(files, sight.manifest, runner, variables, told))
  if (sight.runners.length === 0) {
    told.byHand.push(
      'no Vitest and no Jest was found: other programs get a lane from `npx isolane exec -- PROGRAM`, and scripts from `lease()`',
    )
  }
  const runners = ready.map(({ name }) => name)
  const isReady = ready.length > 0 && ready.length === sight.runners.length
  const replaces = isReady && !sight.hasConfig && choice.postgres.migrations ? choice.postgres.replaces : undefined
  applyEdit(files, 'package.json', (text) => editScripts(text, { runners, replaces }), told)
  told.notes.push(...warnings(files.root, variables))
  return told
}

function writeConfig(files: ProjectFiles, { manifest, found, migrations }: Sight, choice: Choice, told: Told): void {
  const services = choice.services.map((kind) => found.services.find((service) => service.kind === kind) ?? { kind })
  files.create(
    `isolane.config.${moduleExtension(manifest)}`,
    stackConfig({ services, postgres: choice.postgres, variables: found.variables, isTyped: manifest.usesTypeScript }),
  )
  if (choice.services.includes('postgres') && !choice.postgres.migrations) {
    told.byHand.push(
      migrations?.advice ??
        "nothing was found that makes the Postgres schema: set `migrations` in isolane.config to a folder of SQL files, or to `{ command: '…', inputs: ['…'] }`",
    )
  }
  for (const { file, image } of found.others)
    told.notes.push(`${file}: ${image} can be a service too, by \`container()\``)
  const missing = choice.services.map((kind) => clients[kind] ?? '').filter((name) => !(name in manifest.dependencies))
  const packages = [...('isolane' in manifest.dependencies ? [] : ['isolane']), ...missing]
  if (packages.length > 0) told.byHand.push(`run \`${manifest.add} ${packages.join(' ')}\``)
}
