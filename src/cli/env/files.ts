import type { Command } from 'commander'
import type { ResolvedConfig } from '../../core/config.ts'
import type { LaneClient } from '../../core/lane-client.ts'
import { type WrittenEnvFile, writeEnvFile } from '../../environments/env-files/write.ts'
import { connectUp, projectConfig } from '../project.ts'
import { environmentsOf } from './environments-of.ts'

export function addFiles(env: Command): void {
  env
    .command('files')
    .description('write .env.dev, .env.test … with the variables of each environment; comments and other lines stay')
    .argument('[environments...]', 'all of them unless named')
    .action((names: string[], _flags: unknown, command: Command) => files(names, command))
}

export function addUse(env: Command): void {
  env
    .command('use')
    .description('have .env lead to an environment: `isolane env use dev`')
    .argument('<environment>', 'dev')
    .action((name: string, _flags: unknown, command: Command) => use(name, command))
}

async function files(names: readonly string[], command: Command): Promise<void> {
  await write(command, names, (name) => `.env.${name}`)
}

async function use(name: string, command: Command): Promise<void> {
  await write(command, [name], () => '.env')
}

async function write(command: Command, names: readonly string[], fileOf: (name: string) => string): Promise<void> {
  const config = await projectConfig(command)
  const { client } = await connectUp(config)
  try {
    await writeAll(config, client, names, fileOf)
  } finally {
    client.close()
  }
}

async function writeAll(
  config: ResolvedConfig,
  client: LaneClient,
  names: readonly string[],
  fileOf: (name: string) => string,
): Promise<void> {
  for (const environment of environmentsOf(config, await client.request('status', {}), names)) {
    const lane = await client.request('look', { lane: environment.name })
    const written = await writeEnvFile(config, environment, lane, fileOf(environment.name))
    process.stdout.write(`${describe(environment.name, written)}\n`)
  }
}

function describe(name: string, { file, changed, ignored, needed }: WrittenEnvFile): string {
  const parts = [
    changed ? `${file} leads to ${name}` : `${file} led to ${name} already`,
    ignored ? 'added to .gitignore' : '',
    needed.length > 0
      ? `without passwords: set ${needed.join(', ')} where something puts them in (a shell, Compose, dotenv-expand), else run programs with \`isolane exec --env ${name} -- …\``
      : '',
  ]
  return parts.filter(Boolean).join('; ')
}
