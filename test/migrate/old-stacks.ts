/** The old way: a container for each service of each environment, in a compose file. */
import { randomBytes } from 'node:crypto'
import { execa } from 'execa'
import { freePort } from '../durability/free-port.ts'

interface OldService {
  readonly image: string
  readonly container_name: string
  readonly environment?: Readonly<Record<string, string>>
  readonly command?: string
  readonly ports: readonly string[]
}

export class OldStacks implements AsyncDisposable {
  readonly #services: Readonly<Record<string, OldService>>

  private constructor(services: Readonly<Record<string, OldService>>) {
    this.#services = services
  }

  static async start(): Promise<OldStacks> {
    const run = randomBytes(4).toString('hex')
    const service = async (name: string, image: string, inside: number, more: Partial<OldService>) => {
      const ports = [`127.0.0.1:${await freePort()}:${inside}`]
      return [name, { image, container_name: `old-${name}-${run}`, ports, ...more }] as const
    }
    const postgres = { environment: { POSTGRES_USER: 'app', POSTGRES_PASSWORD: 'p@ss/w:rd', POSTGRES_DB: 'Our app' } }
    const old = new OldStacks(
      Object.fromEntries([
        await service('postgres-dev', 'postgres:15', 5432, postgres),
        await service('postgres-staging', 'postgres:15', 5432, postgres),
        await service('redis-dev', 'redis:7', 6379, { command: 'redis-server --requirepass s3cret --appendonly yes' }),
        await service('redis-staging', 'redis:7', 6379, {}),
        await service('neo4j-dev', 'neo4j:5.26', 7687, { environment: { NEO4J_AUTH: 'neo4j/not-the-default' } }),
      ]),
    )
    await Promise.all(Object.values(old.#services).map(runContainer))
    return old
  }

  /** JSON is YAML. */
  get composeFile(): string {
    return JSON.stringify({ services: this.#services }, undefined, 2)
  }

  get names(): readonly string[] {
    return Object.keys(this.#services)
  }

  /** As whoever works with it has it. */
  url(name: string): string {
    const port = this.port(name)
    if (name.startsWith('postgres')) return `postgres://app:p%40ss%2Fw%3Ard@127.0.0.1:${port}/Our%20app`
    if (name.startsWith('neo4j')) return `bolt://neo4j:not-the-default@127.0.0.1:${port}`
    return name === 'redis-dev' ? `redis://:s3cret@127.0.0.1:${port}` : `redis://127.0.0.1:${port}`
  }

  port(name: string): number {
    return Number(this.#services[name]?.ports[0]?.split(':')[1])
  }

  container(name: string): string {
    return this.#services[name]?.container_name ?? ''
  }

  /** Names of those that run. */
  async running(): Promise<readonly string[]> {
    const { stdout } = await execa('docker', ['ps', '--format', '{{.Names}}'])
    const there = new Set(stdout.split('\n'))
    return this.names.filter((name) => there.has(this.container(name)))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await execa('docker', ['rm', '--force', '--volumes', ...this.names.map((name) => this.container(name))])
  }
}

async function runContainer({ image, container_name: name, environment = {}, command, ports }: OldService) {
  const variables = Object.entries(environment).flatMap(([key, value]) => ['--env', `${key}=${value}`])
  const published = ports.flatMap((port) => ['--publish', port])
  await execa('docker', [
    ...['run', '--detach', '--name', name],
    ...[...variables, ...published],
    ...[image, ...(command?.split(' ') ?? [])],
  ])
}
