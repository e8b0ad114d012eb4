import type { Command } from 'commander'
import type { ResolvedConfig } from '../../core/config.ts'
import type { ConnectionCheck } from '../../core/contracts.ts'
import { messageOf } from '../../core/errors.ts'
import type { LaneClient } from '../../core/lane-client.ts'
import { exitCodes } from '../exit-codes.ts'
import { connectUp, projectConfig } from '../project.ts'
import { environmentsOf } from './environments-of.ts'

/** One connection of an environment. */
interface Checked extends ConnectionCheck {
  readonly environment: string
  readonly service: string
}

export function addCheck(env: Command): void {
  env
    .command('check')
    .description('connect to everything, as everybody who may, and say in plain words what does not work')
    .argument('[environments...]', 'all of them unless named')
    .option('--json', 'print JSON', false)
    .action((names: string[], flags: { readonly json: boolean }, command: Command) => check(names, flags, command))
}

async function check(names: string[], { json }: { readonly json: boolean }, command: Command): Promise<void> {
  const config = await projectConfig(command)
  const { client } = await connectUp(config)
  try {
    const wanted = environmentsOf(config, await client.request('status', {}), names)
    const checked: Checked[] = []
    for (const { name } of wanted) checked.push(...(await checkEnvironment(config, client, name)))
    process.stdout.write(`${json ? JSON.stringify(checked, undefined, 2) : describe(checked)}\n`)
    if (checked.some(({ problem }) => problem !== undefined)) process.exitCode = exitCodes.failed
  } finally {
    client.close()
  }
}

async function checkEnvironment(config: ResolvedConfig, client: LaneClient, name: string): Promise<Checked[]> {
  try {
    const { endpoints } = await client.request('look', { lane: name })
    const all = Object.entries(endpoints).map(async ([service, endpoint]) => {
      const connections = (await config.services[service]?.service.environments?.check(endpoint)) ?? []
      return connections.map((connection) => ({ environment: name, service, ...connection }))
    })
    return (await Promise.all(all)).flat()
  } catch (error) {
    return [{ environment: name, service: '', who: '', address: '', milliseconds: 0, problem: messageOf(error) }]
  }
}

function describe(checked: readonly Checked[]): string {
  const lines = checked.map(({ environment, service, who, address, milliseconds, problem, remedy }) => {
    const what = [environment, service, who && `as ${who}`].filter(Boolean).join(' ')
    if (problem === undefined) return `✓ ${what} answers at ${address} (${Math.ceil(milliseconds)} ms)`
    return `✗ ${what}${address && ` at ${address}`}: ${problem}${remedy === undefined ? '' : `\n    ${remedy}`}`
  })
  const failed = checked.filter(({ problem }) => problem !== undefined).length
  const sum =
    failed === 0 ? `All ${checked.length} connections work.` : `${failed} of ${checked.length} connections do not work.`
  return [...lines, '', sum].join('\n')
}
