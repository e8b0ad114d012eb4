import { readFileSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import * as v from 'valibot'
import { parse } from 'yaml'
import { IsolaneError, messageOf } from '../../core/errors.ts'
import { composeVariables, interpolate, readEnvFile } from './interpolate.ts'

/** A service of a compose file that serves a database. */
export interface ComposeDatabase {
  /** Absolute. */
  readonly file: string
  /** Its name in the file. */
  readonly name: string
  readonly containerName?: string
  readonly kind: 'neo4j' | 'postgres' | 'redis'
  readonly environment: Readonly<Record<string, string>>
  readonly command: readonly string[]
  /** Where its ports are published, by their numbers in the container. */
  readonly published: ReadonlyMap<number, { readonly host: string; readonly port: number }>
}

const scalar = v.union([v.string(), v.number(), v.boolean(), v.null()])
const list = v.union([v.string(), v.array(v.string())])
const serviceSchema = v.looseObject({
  image: v.optional(v.string()),
  container_name: v.optional(v.string()),
  environment: v.optional(v.union([v.array(v.string()), v.record(v.string(), scalar)])),
  env_file: v.optional(v.union([list, v.array(v.looseObject({ path: v.string() }))])),
  command: v.optional(v.nullable(list)),
  ports: v.optional(
    v.array(
      v.union([
        v.string(),
        v.number(),
        v.looseObject({ target: scalar, published: v.optional(scalar), host_ip: v.optional(v.string()) }),
      ]),
    ),
  ),
})
const schema = v.looseObject({ services: v.record(v.string(), v.nullable(serviceSchema)) })

type ComposeService = v.InferOutput<typeof serviceSchema>

/** Programs that only work with a database, by what their images are called. */
const beside = /exporter|commander|insight|sentinel|backup|admin|browser|postgrest|ops-manager/

const kinds = [
  ['neo4j', /neo4j/],
  ['redis', /redis|valkey/],
  ['postgres', /postgres|postgis|pgvector|timescale/],
] as const

/** The databases of a compose file, as Compose would run them. @throws ISOLANE_OPTION_INVALID for what is no such file */
export function readCompose(path: string): readonly ComposeDatabase[] {
  const file = resolve(path)
  const { services } = parsed(file)
  const variables = composeVariables(file)
  return Object.entries(services).flatMap(([name, service]) => {
    const image = interpolate(service?.image ?? '', variables)
    const program = basename(image)
    const kind = beside.test(program) ? undefined : kinds.find(([, pattern]) => pattern.test(program))?.[0]
    return service && kind ? [{ file, name, kind, ...detailsOf(service, file, variables) }] : []
  })
}

function parsed(file: string): v.InferOutput<typeof schema> {
  try {
    return v.parse(schema, parse(readFileSync(file, 'utf8'), { merge: true }))
  } catch (error) {
    throw new IsolaneError({
      code: 'ISOLANE_OPTION_INVALID',
      message: `${file} can't be read as a compose file (${messageOf(error).split('\n')[0]})`,
      remedy: 'name a file with `services`, or name the old databases by `--source dev.postgres=postgres://…`',
      cause: error,
    })
  }
}

function detailsOf(service: ComposeService, file: string, variables: NodeJS.ProcessEnv) {
  const text = (value: string) => interpolate(value, variables)
  const { container_name: containerName, command } = service
  return {
    ...(containerName === undefined ? {} : { containerName: text(containerName) }),
    environment: environmentOf(service, file, text),
    command: typeof command === 'string' ? wordsOf(text(command)) : (command ?? []).map(text).flatMap(unwrapped),
    published: new Map((service.ports ?? []).flatMap((port) => publishedPort(port, text))),
  }
}

function wordsOf(line: string): readonly string[] {
  const words = line.match(/"[^"]*"|'[^']*'|[^\s"']+/g) ?? []
  return words.map((word) => word.replaceAll(/^["']|["']$/g, '')).flatMap(unwrapped)
}

/** What a shell is to run is one word, with words in it. */
function unwrapped(word: string): readonly string[] {
  return /requirepass\s/.test(word) ? wordsOf(word) : [word]
}

function environmentOf(
  { environment = {}, env_file: files = [] }: ComposeService,
  file: string,
  text: (value: string) => string,
): Readonly<Record<string, string>> {
  const paths = [files].flat().map((each) => (typeof each === 'string' ? each : each.path))
  const fromFiles = paths.map((path) => readEnvFile(resolve(dirname(file), text(path))))
  const pairs = Array.isArray(environment)
    ? environment.map((line) => line.split(/=(.*)/s).slice(0, 2))
    : Object.entries(environment).map(([name, value]) => [name, value === null ? undefined : String(value)])
  // A name alone takes the value from around us.
  const own = pairs.flatMap(([name = '', value]) => {
    const found = value === undefined ? process.env[name] : text(value)
    return found === undefined ? [] : [[name, found] as const]
  })
  return Object.assign({}, ...fromFiles, Object.fromEntries(own))
}

type Port = NonNullable<ComposeService['ports']>[number]

/** `8687:7687`, `127.0.0.1:8687:7687/tcp`, or the long form; what is published nowhere fixed is left out. */
function publishedPort(port: Port, text: (value: string) => string): [number, { host: string; port: number }][] {
  const short =
    typeof port === 'object'
      ? `${port.host_ip === undefined ? '' : `${port.host_ip}:`}${port.published ?? ''}:${port.target}`
      : String(port)
  const [, host = '', outside, inside] = /^(?:(.+):)?(\d+):(\d+)(?:\/tcp)?$/.exec(text(short)) ?? []
  if (outside === undefined || inside === undefined) return []
  const isAny = ['', '0.0.0.0', '::', '[::]'].includes(host)
  return [[Number(inside), { host: isAny ? '127.0.0.1' : host, port: Number(outside) }]]
}
