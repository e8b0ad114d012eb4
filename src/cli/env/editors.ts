import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Command } from 'commander'
import { type EditedEnvironment, vscodeSettings, vscodeTasks } from '../../environments/editors/vscode.ts'
import { connectUp, projectConfig } from '../project.ts'
import { environmentsOf } from './environments-of.ts'

const files = [
  { name: '.vscode/settings.json', edit: vscodeSettings },
  { name: '.vscode/tasks.json', edit: vscodeTasks },
] as const

export function addEditors(env: Command): void {
  env
    .command('editors')
    .description('add connections and terminals to VS Code for each environment, labelled and coloured, no passwords')
    .action((_flags: unknown, command: Command) => editors(command))
}

async function editors(command: Command): Promise<void> {
  const config = await projectConfig(command)
  const { client } = await connectUp(config)
  try {
    const environments: EditedEnvironment[] = []
    for (const status of environmentsOf(config, await client.request('status', {}))) {
      environments.push({ status, lane: await client.request('look', { lane: status.name }) })
    }
    // All are read before any is written.
    const edited = files.map(({ name, edit }) => {
      const path = join(config.root, name)
      const before = existsSync(path) ? readFileSync(path, 'utf8') : ''
      return { name, path, before, after: edit(before, config.name, environments, path) }
    })
    for (const { name, path, before, after } of edited) {
      if (after !== before) write(path, after)
      process.stdout.write(`${name} ${after === before ? 'has them already' : 'has them now'}\n`)
    }
  } finally {
    client.close()
  }
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  const partial = `${path}.${process.pid}.partial`
  writeFileSync(partial, text)
  renameSync(partial, path)
}
