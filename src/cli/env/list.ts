import type { Command } from 'commander'
import type { EnvironmentStatus } from '../../core/environment-status.ts'
import { table } from '../../core/table.ts'
import { connectUp, projectConfig } from '../project.ts'
import { sizeText } from '../snapshot/text.ts'
import { environmentsOf } from './environments-of.ts'

export function addList(env: Command): void {
  env
    .command('list')
    .description('what environments there are, where, how large, and which are protected')
    .option('--json', 'print JSON', false)
    .action((flags: { readonly json: boolean }, command: Command) => list(flags, command))
}

async function list({ json }: { readonly json: boolean }, command: Command): Promise<void> {
  const config = await projectConfig(command)
  const { client } = await connectUp(config)
  try {
    const environments = environmentsOf(config, await client.request('status', { facts: true }))
    const text = json ? JSON.stringify(environments, undefined, 2) : environmentTable(environments)
    process.stdout.write(`${text}\n`)
  } finally {
    client.close()
  }
}

/** A line for each environment and service. */
export function environmentTable(environments: readonly EnvironmentStatus[]): string {
  const rows = environments.flatMap((environment) => {
    const services = [...new Set([...Object.keys(environment.addresses), ...Object.keys(environment.problems)])]
    return services.map((service, index) => {
      const facts = environment.facts?.[service]
      return [
        index === 0 ? environment.name : '',
        index === 0 ? kindOf(environment) : '',
        service,
        environment.problems[service] ?? environment.addresses[service] ?? '',
        facts ? sizeText(facts.bytes) : '',
        facts ? String(facts.connections) : '',
      ]
    })
  })
  const head = ['environment', 'is', 'service', 'where', 'size', 'connections']
  return table(head, rows, { numbers: ['size', 'connections'] })
}

function kindOf({ protected: isProtected, lanes }: EnvironmentStatus): string {
  return isProtected ? 'protected' : lanes ? 'for test lanes' : ''
}
