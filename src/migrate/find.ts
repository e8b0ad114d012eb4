import { basename, dirname } from 'node:path'
import type { ResolvedConfig } from '../core/config.ts'
import { isProduction } from '../core/environment-names.ts'
import { IsolaneError } from '../core/errors.ts'
import { withoutSecrets } from '../core/lane-address.ts'
import { type ComposeDatabase, readCompose } from './compose/read.ts'
import { urlOf } from './compose/url.ts'
import type { Source } from './source.ts'

/** What people call environments besides. */
const otherNames: Readonly<Record<string, readonly string[]>> = {
  dev: ['development', 'devel', 'local'],
  test: ['testing', 'tests'],
  staging: ['stage', 'stg'],
}

export interface Wanted {
  /** Compose files. */
  readonly files: readonly string[]
  /** `neo4j-a=dev` or `neo4j-a=dev.graph`: where a service of a compose file goes, or `=none`. */
  readonly map: readonly string[]
  /** `dev.postgres=postgres://…` */
  readonly urls: readonly string[]
}

/**
 * The old databases, and where each goes.
 * @throws ISOLANE_OPTION_INVALID where that can't be told, naming the option that tells it
 */
export function findSources(config: ResolvedConfig, { files, map, urls }: Wanted): readonly Source[] {
  const mapped = new Map(map.map((text) => pair(text, '--map', 'neo4j-a=dev')))
  const databases = files.flatMap(readCompose)
  const stranger = [...mapped.keys()].find((name) => !databases.some((database) => database.name === name))
  if (stranger !== undefined) throw noSuchService(stranger, databases)
  const sources = [
    ...databases.filter(({ name }) => mapped.get(name) !== 'none').map((each) => fromCompose(config, each, mapped)),
    ...urls.map((text) => fromUrl(config, text)),
  ]
  if (sources.length === 0) throw nothingFound(files)
  for (const [place, both] of Map.groupBy(sources, ({ environment, service }) => `${environment}.${service}`)) {
    if (both.length > 1) throw samePlace(place, both)
  }
  return sources
}

function fromCompose(config: ResolvedConfig, database: ComposeDatabase, mapped: ReadonlyMap<string, string>): Source {
  const [environment, service] = mapped.get(database.name)?.split('.') ?? [guessedEnvironment(config, database)]
  const { file, name, containerName } = database
  return {
    environment: known(config, environment ?? '', database.name),
    service: service ?? serviceOf(config, database),
    kind: database.kind,
    url: urlOf(database),
    container: { composeFile: file, composeService: name, ...(containerName ? { name: containerName } : {}) },
  }
}

function fromUrl(config: ResolvedConfig, text: string): Source {
  const [target, url] = pair(text, '--source', 'dev.postgres=postgres://…')
  const [environment = '', service = ''] = target.split('.')
  const definition = config.services[service]
  if (definition && URL.canParse(url)) {
    return { environment: known(config, environment, target), service, kind: definition.service.kind, url }
  }
  throw new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: definition
      ? `--source: what ${target} comes from is no URL`
      : `--source: the config has no service "${service}"`,
    remedy: `write ENVIRONMENT.SERVICE=URL, with a service of ${Object.keys(config.services).join(', ')}`,
  })
}

function pair(text: string, option: string, example: string): [string, string] {
  const at = text.indexOf('=')
  if (at > 0 && at < text.length - 1) return [text.slice(0, at), text.slice(at + 1)]
  throw new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: `${option}: ${JSON.stringify(text.split('=')[0])} says not what goes where`,
    remedy: `write it as in ${option} ${example}`,
  })
}

/** By the words in its names, else in the file's, else in its folder's. */
function guessedEnvironment(config: ResolvedConfig, { name, containerName = '', file }: ComposeDatabase): string {
  for (const text of [name, containerName, basename(file), basename(dirname(file))]) {
    const words = text.toLowerCase().split(/[^a-z0-9]+/)
    const found = Object.keys(config.environments).filter((environment) =>
      [environment, ...(otherNames[environment] ?? [])].some((word) => words.includes(word)),
    )
    if (found[0] !== undefined && found.length === 1) return found[0]
  }
  throw new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: `The service ${name} of ${file} does not say which environment it is`,
    remedy: `say it with \`--map ${name}=ENVIRONMENT\` (${Object.keys(config.environments).join(', ')}), or \`--map ${name}=none\``,
  })
}

function serviceOf({ services }: ResolvedConfig, { name, kind, file }: ComposeDatabase): string {
  const ofKind = Object.keys(services).filter((service) => services[service]?.service.kind === kind)
  const [only] = ofKind
  if (only !== undefined && ofKind.length === 1) return only
  const named = ofKind.filter((service) => name.toLowerCase().includes(service.toLowerCase()))
  if (named[0] !== undefined && named.length === 1) return named[0]
  throw new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: `The config has ${only === undefined ? 'no service' : `${ofKind.length} services`} of the kind ${kind} for ${name} of ${file}`,
    remedy:
      only === undefined
        ? 'add one, or leave it out with `--map NAME=none`'
        : `choose with \`--map ${name}=dev.${only}\``,
  })
}

function known({ environments }: ResolvedConfig, environment: string, from: string): string {
  if (Object.hasOwn(environments, environment)) {
    if (isProduction(environment)) throw production(environment)
    return environment
  }
  throw new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: `${from} would go into the environment "${environment}", which the config has not`,
    remedy: `choose from ${Object.keys(environments).join(', ')}`,
  })
}

function production(environment: string): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_ENVIRONMENT_PROTECTED',
    message: `Isolane moves nothing into an environment called ${environment}`,
    remedy: 'leave it out with `--map NAME=none`, and move production by its own tools',
  })
}

function samePlace(place: string, sources: readonly Source[]): IsolaneError {
  const names = sources.map(({ container, url }) => container?.composeService ?? withoutSecrets(url, { user: false }))
  return new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: `${names.join(' and ')} would both go into ${place}`,
    remedy: 'say which one does with `--map NAME=ENVIRONMENT`, and `--map NAME=none` for the other',
  })
}

function noSuchService(name: string, databases: readonly ComposeDatabase[]): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: `--map: no compose file has a database ${name}`,
    remedy: `choose from ${databases.map((database) => database.name).join(', ') || 'none: there are no databases in them'}`,
  })
}

function nothingFound(files: readonly string[]): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message:
      files.length > 0 ? `There are no databases in ${files.join(', ')}` : 'It is not said where the old databases are',
    remedy: 'name them with `--from compose.yml` or `--source dev.postgres=postgres://…`',
  })
}
