/** A project whose stack holds environments of every service, on ports that nobody else uses. */
import type { ProcessIdentity } from '../../src/core/process-identity.ts'
import type { StackStatus } from '../../src/core/stack.ts'
import { openProject, type Project } from '../vitest/project.ts'
import { freePort } from './free-port.ts'
import type { Slice } from './writer.ts'

export const services = ['postgres', 'redis', 'neo4j'] as const
/** Test lanes are beside the third one. */
const written = ['dev', 'staging']

export type UpStatus = StackStatus & { readonly owner: ProcessIdentity }

export async function openStack(files: Readonly<Record<string, string>> = {}): Promise<Project> {
  const ports = { postgres: await freePort(), redis: await freePort(), neo4j: await freePort() }
  return openProject('vitest-5', {
    'isolane.config.ts': `
import { defineStack, neo4j, postgres, redis } from 'isolane'

export default defineStack({
  name: 'tta',
  services: {
    postgres: postgres({ version: '17', migrations: './migrations', port: ${ports.postgres} }),
    redis: redis({ version: 'valkey@9', port: ${ports.redis} }),
    neo4j: neo4j({ version: '5.26', port: ${ports.neo4j} }),
  },
  reset: 'test',
  environments: { dev: {}, test: { lanes: true }, staging: {} },
})
`,
    'migrations/1_writes.sql': 'CREATE TABLE write (number int PRIMARY KEY, value bytea NOT NULL);\n',
    ...files,
  })
}

/** `isolane up`, to when it is ready. */
export async function bringUp(project: Project): Promise<UpStatus> {
  const { code, output } = await project.cli('up', '--workers', '2')
  if (code !== 0) throw new Error(`isolane up ended with ${code}:\n${output}`)
  return statusOf(project)
}

async function statusOf(project: Project): Promise<UpStatus> {
  const { output } = await project.cli('status', '--json')
  return JSON.parse(output) as UpStatus
}

/** Of the servers that hold environments, by service. */
export function serversOf({ services: all }: UpStatus): ReadonlyMap<string, readonly number[]> {
  const holding = all.filter(({ serves }) => serves !== 'lanes')
  return new Map(holding.map(({ name, pids }) => [name, pids]))
}

/** What programs are given that work with the environments. */
export async function slicesOf(project: Project): Promise<readonly Slice[]> {
  const all = await Promise.all(
    written.map(async (environment) => {
      const told = 'process.stdout.write(JSON.stringify(process.env))'
      const { output } = await project.cli('exec', '--env', environment, '--', process.execPath, '-e', told)
      const env = JSON.parse(output) as Record<string, string>
      return services.map((service) => ({ service, environment, env }))
    }),
  )
  return all.flat()
}
