import type { ResolvedConfig } from '../core/config.ts'
import type { LaneEndpoint, MigrationSupport } from '../core/contracts.ts'
import { IsolaneError } from '../core/errors.ts'
import type { Step } from '../core/template-steps.ts'
import { servicesNamed } from '../core/versions.ts'

/** A service whose migrations are tried, alone in a stack of its own. */
export interface Subject {
  readonly service: string
  readonly kind: string
  readonly support: MigrationSupport
  readonly steps: { readonly migrations?: Step; readonly seed?: Step }
  /** Lanes of it are empty databases. */
  readonly config: ResolvedConfig
}

/** The lanes that migrations are tried on. */
const lanes = 3

/**
 * @param wanted name of the service. Default: the only one that has migrations, or has a way to try them
 * @param tool whether commands stand for the migrations, so that the config need not name any
 * @throws ISOLANE_OPTION_INVALID
 */
export function subjectOf(config: ResolvedConfig, wanted: string | undefined, tool: boolean): Subject {
  const able = Object.entries(config.services).flatMap(([name, { service, options }]) => {
    const { migrations: support, kind } = service
    return support ? [{ service: name, kind, support, steps: support.steps(options) }] : []
  })
  const names = wanted === undefined ? Object.keys(config.services) : servicesNamed(config, wanted)
  const candidates = able.filter(({ service }) => names.includes(service))
  if (candidates.length === 0) throw unable(names)
  const migrated = candidates.filter(({ steps }) => steps.migrations !== undefined)
  const fitting = migrated.length === 0 && tool ? candidates : migrated
  const [subject, ...others] = fitting
  if (!subject) throw noMigrations(candidates.map(({ service }) => service))
  if (others.length > 0) throw several(fitting.map(({ service }) => service))
  return { ...subject, config: emptyStack(config, subject.service, subject.support) }
}

function emptyStack(config: ResolvedConfig, name: string, support: MigrationSupport): ResolvedConfig {
  const { service, options, runtime } = config.services[name] ?? {}
  if (!service) throw new Error(`no service ${name}`)
  const nowhere = Object.fromEntries(
    Object.entries(config.services).map(([other, each]) => [other, each.service.nowhere]),
  )
  return {
    ...config,
    name: `${config.name.slice(0, 29)}-migrations`,
    services: {
      [name]: {
        service,
        options: support.empty(options) as Readonly<Record<string, unknown>>,
        ...(runtime ? { runtime } : {}),
      },
    },
    runtime: { [name]: config.runtime[name] ?? 'auto' },
    // It may ask for services that are not there.
    env: (lane) => config.env({ ...nowhere, ...lane } as Readonly<Record<string, LaneEndpoint>>),
    mode: 'shared',
    keep: 'nothing',
    after: 'teardown',
    start: {},
    lanes,
  }
}

function unable(names: readonly string[]): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: `Migrations of ${names.join(', ')} can't be tried out`,
    remedy: 'choose a service of postgres, neo4j or sqlite with --service',
  })
}

function several(names: readonly string[]): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: `Several services have migrations: ${names.join(', ')}`,
    remedy: `choose one: --service ${names[0]}`,
  })
}

function noMigrations(names: readonly string[]): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: `No \`migrations\` are named for ${names.join(', ')}`,
    remedy: `name their folder in the config, or give the commands that run the next one and take it back: ${toolExample}`,
  })
}

export const toolExample = "--up 'npx knex migrate:up' --down 'npx knex migrate:down'"
