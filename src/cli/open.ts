import { join } from 'node:path'
import type { Command } from 'commander'
import type { ResolvedConfig } from '../core/config.ts'
import { IsolaneError } from '../core/errors.ts'
import type { Lane } from '../core/lane.ts'
import { laneAddress } from '../core/lane-address.ts'
import { processVariables } from '../core/process-variables.ts'
import { shellWord } from '../core/shell-word.ts'
import { table } from '../core/table.ts'
import { type LaneShell, laneShells } from '../lane-shells.ts'
import { findProgram } from './find-program.ts'
import { connectUp, projectConfig } from './project.ts'
import { runProgram } from './run-program.ts'
import { type EndSignal, endOnSignals } from './signals.ts'

interface OpenFlags {
  readonly passwords: boolean
}

export function addOpen(program: Command): void {
  program
    .command('open')
    .description(
      "look into a lane that a test has, or left: psql, valkey-cli, cypher-shell or sqlite3, or the lane's address",
    )
    .argument('<lane>', 'as in `isolane status`: lane-3')
    .argument('[service]', "the service's name in the config, where there are several")
    .option('--passwords', 'where no program is started, print the password too', false)
    .action((lane: string, service: string | undefined, flags: OpenFlags, command: Command) =>
      open(lane, service, flags, command),
    )
}

async function open(name: string, service: string | undefined, flags: OpenFlags, command: Command): Promise<void> {
  const config = await projectConfig(command)
  const { lane, origins } = await look(config, name)
  const services = Object.keys(lane.endpoints)
  const wanted = service ?? (services.length === 1 ? services[0] : undefined)
  if (wanted === undefined) process.stdout.write(`${choices(lane, flags)}\n`)
  else await openService(config, lane, wanted, origins[wanted], flags)
}

/** @throws ISOLANE_OPTION_INVALID when there is no such lane. */
async function look(config: ResolvedConfig, name: string) {
  const { client } = await connectUp(config)
  try {
    const lane = await client.request('look', { lane: name })
    const { services } = await client.request('status', {})
    return { lane, origins: Object.fromEntries(services.map((service) => [service.name, service.origin])) }
  } finally {
    client.close()
  }
}

function choices(lane: Lane, flags: OpenFlags): string {
  const { name } = lane.id
  const rows = Object.entries(lane.endpoints).map(([service, endpoint]) => [
    `isolane open ${name} ${service}`,
    laneAddress(endpoint, flags),
  ])
  return table([`${name} has ${rows.length} services`, ''], rows)
}

async function openService(
  config: ResolvedConfig,
  lane: Lane,
  name: string,
  origin = '',
  flags: OpenFlags,
): Promise<void> {
  const endpoint = lane.endpoints[name]
  const definition = config.services[name]
  if (!endpoint || !definition) throw noSuchService(lane, name)
  const shell = laneShells[definition.service.kind]?.(endpoint, definition.service.env(endpoint))
  const program = shell && findProgram(shell.programs, [origin, join(origin, 'bin')])
  if (program) await runShell(program, shell, config)
  else process.stdout.write(`${byHand(shell, laneAddress(endpoint, flags), flags)}\n`)
}

async function runShell(program: string, shell: LaneShell, { root }: ResolvedConfig): Promise<void> {
  let pass: ((signal: EndSignal) => void) | undefined
  endOnSignals((received) => pass?.(received))
  process.exitCode = await runProgram(program, shell.arguments, {
    env: { ...shell.environment, ...shell.secrets },
    localFolder: root,
    passSignals: (passing) => {
      pass = passing
    },
  })
}

/** For where there is no such program. */
export function byHand(shell: LaneShell | undefined, address: string, { passwords }: OpenFlags): string {
  if (!shell) return address
  const variables = Object.entries({ ...shell.environment, ...(passwords ? shell.secrets : {}) })
  const assignments = variables.map(([name, value]) => `${name}=${shellWord(value)}`)
  const words = [
    ...withoutOthers(shell),
    ...assignments,
    shell.programs[0],
    ...shell.arguments.map((word) => shellWord(word)),
  ]
  const hidden = passwords ? [] : Object.keys(shell.secrets ?? {}).map((name) => `, and ${name} (--passwords shows it)`)
  return `${address}\n${shell.programs.join(' or ')} is not on PATH; it would be: ${words.join(' ')}${hidden.join('')}`
}

/** Leaves out those of the variables around us that would lead the program past the lane. */
function withoutOthers({ environment = {} }: LaneShell): string[] {
  const removed = Object.entries(processVariables(environment)).flatMap(([name, value]) =>
    value === undefined && process.env[name] !== undefined ? ['-u', name] : [],
  )
  return removed.length > 0 ? ['env', ...removed] : []
}

function noSuchService({ id, endpoints }: Lane, name: string): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: `${id.name} has no service "${name}"`,
    remedy: `choose from ${Object.keys(endpoints).join(', ')}`,
  })
}
