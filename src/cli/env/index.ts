import type { Command } from 'commander'
import { addCheck } from './check.ts'
import { addEditors } from './editors.ts'
import { addFiles, addUse } from './files.ts'
import { addList } from './list.ts'
import { addPorts } from './ports.ts'
import { addTools } from './tools.ts'

export function addEnv(program: Command): void {
  const env = program.command('env').description('the environments of the stack that is up: dev, test, staging')
  for (const add of [addList, addCheck, addUse, addFiles, addEditors, addPorts, addTools]) add(env)
}
