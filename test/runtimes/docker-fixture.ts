import { execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { execa } from 'execa'
import type { ContainerSpec, Endpoint, Instance, InstanceSpec, StartOptions } from '../../src/core/contracts.ts'

/** A small server that starts fast; its password is in its environment, as the official images have it. */
export function cacheSpec(changes: Partial<ContainerSpec> = {}, ports = { redis: 0 }): InstanceSpec {
  return {
    service: 'cache',
    kind: 'redis',
    credentials: { username: 'default', password: randomBytes(9).toString('hex') },
    ports,
    container: {
      image: 'redis:7',
      ports: { redis: 6379 },
      files: { '/etc/cache.conf': { text: 'requirepass {password}\nsave ""\n', mode: 0o644 } },
      command: ['redis-server', '/etc/cache.conf'],
      data: ['/data'],
      ready: { port: 'redis' },
      ...changes,
    },
  }
}

export function nameOf({ origin }: Pick<Instance, 'origin'>): string {
  return origin.slice(origin.lastIndexOf(' ') + 1)
}

/** `docker …`, its output. */
export async function docker(...words: string[]): Promise<string> {
  return (await execa('docker', words)).stdout
}

export function dockerNow(...words: string[]): void {
  execFileSync('docker', words, { stdio: 'ignore' })
}

/** One field of a container or image, as JSON. */
export async function inspected(name: string, field: string): Promise<unknown> {
  return JSON.parse(await docker('inspect', '--format', `{{json ${field}}}`, name))
}

/** Names of containers, running or not, with a label. */
export async function containersWith(label: string): Promise<string[]> {
  const names = await docker('ps', '--all', '--format', '{{.Names}}', '--filter', `label=${label}`)
  return names.split('\n').filter((name) => name !== '')
}

export interface DockerOwner {
  readonly name: string
  readonly endpoint: Endpoint
  killOwner(): Promise<void>
}

/** Starts an instance in another process, which waits to be ended. */
export async function startOwner(
  runsFolder: string,
  spec: InstanceSpec,
  options: Omit<StartOptions, 'signal'> = {},
  environment: NodeJS.ProcessEnv = {},
): Promise<DockerOwner> {
  const script = join(import.meta.dirname, 'docker-owner.ts')
  const child = spawn(process.execPath, [script, JSON.stringify({ runsFolder, spec, options })], {
    env: { ...process.env, ...environment },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const line = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve)
    child.once('exit', (code) => reject(new Error(`the owner ended with ${code} and said nothing`)))
  })
  return {
    ...(JSON.parse(line) as { name: string; endpoint: Endpoint }),
    killOwner: async () => {
      child.kill('SIGKILL')
      await exited
    },
  }
}
