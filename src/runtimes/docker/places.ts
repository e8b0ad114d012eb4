import { existsSync, readFileSync } from 'node:fs'
import { homedir, userInfo } from 'node:os'
import { join } from 'node:path'
import { currentContext } from './contexts.ts'

/** Where an engine may listen. */
export interface EnginePlace {
  /** `unix:///var/run/docker.sock`, `tcp://10.0.0.4:2375`, `npipe:////./pipe/docker_engine` */
  readonly address: string
  /** Who says so, for people; absent for the usual places. */
  readonly source?: string
  /** What testcontainers must find in the environment to go there. */
  readonly variables?: Readonly<Record<string, string>>
}

/**
 * The places to look at, in testcontainers' order, and the context of the `docker` program, which testcontainers does
 * not know. What the user has named is the only place: falling back to another engine would surprise.
 */
export function enginePlaces(environment: NodeJS.ProcessEnv = process.env): readonly EnginePlace[] {
  const properties = testcontainersProperties()
  const desktop = properties['tc.host']
  const others = otherPlaces(environment, properties['docker.host'])
  // Written by Testcontainers Desktop, which need not be running; testcontainers goes on then.
  return desktop ? [{ address: desktop, source: 'tc.host in ~/.testcontainers.properties' }, ...others] : others
}

function otherPlaces(environment: NodeJS.ProcessEnv, host: string | undefined): readonly EnginePlace[] {
  if (environment.DOCKER_HOST) return [{ address: environment.DOCKER_HOST, source: 'DOCKER_HOST' }]
  if (host) return [{ address: host, source: 'docker.host in ~/.testcontainers.properties' }]
  return contextOrUsual(environment)
}

function contextOrUsual(environment: NodeJS.ProcessEnv): readonly EnginePlace[] {
  const context = currentContext(environment)
  if (context) {
    const { name, variables } = context
    return [{ address: variables.DOCKER_HOST ?? '', source: `the Docker context ${name}`, variables }]
  }
  return usualPlaces(environment)
}

function usualPlaces(environment: NodeJS.ProcessEnv): readonly EnginePlace[] {
  if (process.platform === 'win32') return [{ address: 'npipe:////./pipe/docker_engine' }]
  const rootless = [
    ...(environment.XDG_RUNTIME_DIR ? [join(environment.XDG_RUNTIME_DIR, 'docker.sock')] : []),
    join(homedir(), '.docker', 'run', 'docker.sock'),
    join(homedir(), '.docker', 'desktop', 'docker.sock'),
    join('/run', 'user', String(userInfo().uid), 'docker.sock'),
  ].filter((path) => existsSync(path))
  return ['/var/run/docker.sock', ...rootless].map((path) => ({ address: `unix://${path}` }))
}

function testcontainersProperties(): Readonly<Record<string, string>> {
  try {
    const lines = readFileSync(join(homedir(), '.testcontainers.properties'), 'utf8').split('\n')
    const pairs = lines.map((line) => /^\s*([\w.]+)\s*[=:]\s*(.*?)\s*$/.exec(line)?.slice(1) ?? [])
    return Object.fromEntries(pairs.filter(([name]) => name && !name.startsWith('#')))
  } catch {
    return {}
  }
}
