import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { Command } from 'commander'
import { runToolContainer } from '../../builtin.ts'
import { IsolaneError } from '../../core/errors.ts'
import { stateFolder } from '../../core/folders.ts'
import type { Lane } from '../../core/lane.ts'
import { laneAddress } from '../../core/lane-address.ts'
import { Run } from '../../core/run.ts'
import { table } from '../../core/table.ts'
import { type DataTool, dataTools, ofKind } from '../../environments/tools.ts'
import { connectUp, projectConfig } from '../project.ts'
import { endOnSignals } from '../signals.ts'
import { terminalReport } from '../terminal-report.ts'
import { wholeNumber } from '../whole-number.ts'
import { environmentsOf } from './environments-of.ts'

interface ToolsFlags {
  readonly start?: string
  readonly image?: string
  readonly port?: number
  readonly passwords: boolean
}

export function addTools(env: Command): void {
  env
    .command('tools')
    .description('addresses and connection details for Neo4j Browser, pgAdmin, Redis Commander; --start runs one')
    .option('--start <tool>', `run it in a container until Ctrl-C: ${dataTools.map(({ name }) => name).join(', ')}`)
    .option('--image <image>', 'its image, where that is another one')
    .option('--port <port>', 'the port of its page', wholeNumber(5))
    .option('--passwords', 'print passwords too', false)
    .action((flags: ToolsFlags, command: Command) => tools(flags, command))
}

async function tools(flags: ToolsFlags, command: Command): Promise<void> {
  const config = await projectConfig(command)
  const { client } = await connectUp(config)
  const environments: Lane[] = []
  try {
    for (const { name } of environmentsOf(config, await client.request('status', {}))) {
      environments.push(await client.request('look', { lane: name }))
    }
  } finally {
    client.close()
  }
  process.stdout.write(`${details(environments, flags)}\n`)
  if (flags.start !== undefined) await start(toolOf(flags.start), environments, config.root, flags)
}

/** What any tool is to be told. */
function details(environments: readonly Lane[], flags: ToolsFlags): string {
  const rows = environments.flatMap(({ id, endpoints, kinds }) =>
    Object.entries(endpoints).map(([service, endpoint]) => [
      id.name,
      service,
      laneAddress(endpoint, flags),
      kinds[service] === 'neo4j' ? String(endpoint.browser ?? 'https://browser.neo4j.io/') : pageOf(kinds[service]),
    ]),
  )
  return table(['environment', 'service', 'connect to', 'with'], rows)
}

function pageOf(kind: string | undefined): string {
  const tool = dataTools.find((each) => each.kind === kind)
  return tool ? `${tool.title} (\`isolane env tools --start ${tool.name}\`)` : ''
}

async function start(tool: DataTool, environments: readonly Lane[], root: string, flags: ToolsFlags): Promise<void> {
  if (ofKind(environments, tool.kind).length === 0) throw nothingFor(tool)
  const { image = tool.image, port = tool.port } = flags
  const password = randomBytes(9).toString('base64url')
  const { signal } = endOnSignals()
  const run = new Run(join(stateFolder(), 'runs'), root)
  const container = {
    name: tool.name,
    image,
    port,
    variables: tool.variables(environments, port, password),
    files: tool.files?.(environments) ?? {},
    ready: () =>
      process.stdout.write(`\n${tool.title} is at http://127.0.0.1:${port} (${tool.login(password)}), until Ctrl-C\n`),
  }
  try {
    await runToolContainer(container, { run, report: terminalReport(), signal })
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    run.end()
  }
}

function toolOf(name: string): DataTool {
  const tool = dataTools.find((each) => each.name === name)
  if (tool) return tool
  throw new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: `--start: there is no tool "${name}"`,
    remedy: `choose from ${dataTools.map((each) => each.name).join(', ')}`,
  })
}

function nothingFor({ title, kind }: DataTool): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: `No environment has a service of the kind ${kind} for ${title}`,
    remedy: 'choose another tool',
  })
}
