import type { Command } from 'commander'
import { connectUp, projectConfig } from './project.ts'

export function addLogs(program: Command): void {
  program
    .command('logs')
    .argument('[service]', 'a name from the config; all of them when left out')
    .description('show the last lines that the servers of the stack that is up wrote')
    .action((service: string | undefined, _options: unknown, command: Command) => logs(service, command))
}

async function logs(service: string | undefined, command: Command): Promise<void> {
  const config = await projectConfig(command)
  const { client } = await connectUp(config)
  try {
    const names = service === undefined ? Object.keys(config.services) : [service]
    for (const name of names) {
      const { text } = await client.request('logs', { service: name })
      if (names.length > 1) process.stdout.write(`== ${name}\n`)
      process.stdout.write(`${text.trimEnd()}\n`)
    }
  } finally {
    client.close()
  }
}
