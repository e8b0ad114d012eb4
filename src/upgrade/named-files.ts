import { readdir, stat } from 'node:fs/promises'
import { extname, resolve } from 'node:path'
import type { ResolvedConfig } from '../core/config.ts'
import type { ServiceDefinition } from '../core/contracts.ts'
import { IsolaneError } from '../core/errors.ts'
import { closest } from '../core/options.ts'

/** A file or folder that is given to a service. */
export interface NamedFile {
  readonly service: string
  /** As it was given: relative to the current folder. */
  readonly path: string
}

/** With the dot. */
const endings = {
  '--queries': (definition?: ServiceDefinition) => definition?.service.queries?.extensions ?? [],
  '--migrations': (definition?: ServiceDefinition) => definition?.service.migrations?.extensions ?? [],
} as const

/**
 * Finds out which service each file is for: the one it is given to, as in `orders=queries.sql`, else the only one that reads
 * files with its ending; of a folder, with that of any file in it.
 * @param option where the paths stand
 * @param services those that may be meant
 * @throws ISOLANE_OPTION_INVALID
 */
export async function namedFiles(
  { services: all }: ResolvedConfig,
  option: keyof typeof endings,
  given: readonly string[],
  services: readonly string[],
): Promise<readonly NamedFile[]> {
  const readers = services.map((service) => ({ service, extensions: endings[option](all[service]) }))
  return Promise.all(
    given.map(async (text) => {
      const [, service, named] = /^([A-Za-z][A-Za-z0-9_-]*)=(.+)$/.exec(text) ?? []
      if (service !== undefined && named !== undefined) {
        if (services.includes(service)) return { service, path: await mustExist(option, named) }
        throw noSuchService(option, service, services)
      }
      const path = await mustExist(option, text)
      const found = await endingsOf(path)
      const fitting = readers.filter(({ extensions }) => extensions.some((extension) => found.has(extension)))
      const [reader, ...others] = fitting
      if (reader && others.length === 0) return { service: reader.service, path }
      throw notSaidFor(option, path, reader ? fitting.map((each) => each.service) : services)
    }),
  )
}

async function endingsOf(path: string): Promise<ReadonlySet<string>> {
  const names = (await stat(path)).isDirectory() ? await readdir(path) : [path]
  return new Set(names.map((name) => extname(name).toLowerCase()))
}

async function mustExist(option: string, path: string): Promise<string> {
  const status = await stat(path).catch(() => undefined)
  if (status) return path
  throw new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: `${option}: there is no ${resolve(path)}`,
    remedy: 'name a file or a folder, from the current folder',
  })
}

function noSuchService(option: string, service: string, services: readonly string[]): IsolaneError {
  const meant = closest(service, services)
  return new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: `${option}: ${service} is not upgraded${meant === undefined ? '' : `; did you mean ${meant}`}`,
    remedy: `choose from ${services.join(', ')}`,
  })
}

function notSaidFor(option: string, path: string, services: readonly string[]): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: `${option}: which service ${path} is for is not clear`,
    remedy: `say it: ${services.map((service) => `${option} ${service}=${path}`).join(', or ')}`,
  })
}
