import type { Command } from 'commander'
import { table } from '../../core/table.ts'
import { sideBySidePorts } from '../../environments/ports.ts'
import { connectUp, projectConfig } from '../project.ts'
import { environmentsOf } from './environments-of.ts'

interface PortsFlags {
  readonly sideBySide: boolean
  readonly json: boolean
}

export function addPorts(env: Command): void {
  env
    .command('ports')
    .description('where each environment answers; or where it would with an instance of its own')
    .option('--side-by-side', 'ports for an instance per environment: as is, +1000, +2000', false)
    .option('--json', 'print JSON', false)
    .action((flags: PortsFlags, command: Command) => ports(flags, command))
}

async function ports({ sideBySide, json }: PortsFlags, command: Command): Promise<void> {
  const rows = sideBySide ? sideBySidePorts(await projectConfig(command)) : await portsNow(command)
  if (json) process.stdout.write(`${JSON.stringify(rows, undefined, 2)}\n`)
  else {
    const cells = rows.map(({ environment, service, name, port }) => [
      environment,
      service,
      name,
      String(port ?? 'none'),
    ])
    process.stdout.write(`${table(['environment', 'service', 'port of', 'port'], cells, { numbers: ['port'] })}\n`)
  }
}

async function portsNow(command: Command) {
  const config = await projectConfig(command)
  const { client } = await connectUp(config)
  try {
    return environmentsOf(config, await client.request('status', {})).flatMap(({ name: environment, addresses }) =>
      Object.entries(addresses).map(([service, address]) => {
        const url = new URL(address)
        return { environment, service, name: url.protocol.replace(':', ''), port: Number(url.port) }
      }),
    )
  } finally {
    client.close()
  }
}
