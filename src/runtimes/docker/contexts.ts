import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** Where a context of the `docker` program leads, as the variables that say the same. */
export interface DockerContext {
  readonly name: string
  readonly variables: Readonly<Record<string, string>>
}

/** The context that the `docker` program would use, where it is not the default one. */
export function currentContext(environment: NodeJS.ProcessEnv = process.env): DockerContext | undefined {
  const folder = environment.DOCKER_CONFIG || join(homedir(), '.docker')
  const name = environment.DOCKER_CONTEXT || stringOf(read(join(folder, 'config.json'))?.currentContext)
  if (!name || name === 'default') return undefined
  const id = createHash('sha256').update(name).digest('hex')
  const endpoints = read(join(folder, 'contexts', 'meta', id, 'meta.json'))?.Endpoints as
    | { docker?: { Host?: string } }
    | undefined
  const host = endpoints?.docker?.Host
  if (!host) return undefined
  const certificates = join(folder, 'contexts', 'tls', id, 'docker')
  const tls = existsSync(certificates) ? { DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: certificates } : {}
  return { name, variables: { DOCKER_HOST: host, ...tls } }
}

function stringOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function read(file: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>
  } catch {
    return undefined
  }
}
