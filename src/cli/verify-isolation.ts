import type { Command } from 'commander'
import type { ResolvedConfig } from '../core/config.ts'
import { isProduction } from '../core/environment-names.ts'
import { IsolaneError } from '../core/errors.ts'
import { HeldLane } from '../core/held-lane.ts'
import type { LaneServerAddress } from '../core/lane-protocol.ts'
import { isApart, type MarkedService, measureIsolation, type Slice } from '../environments/isolation.ts'
import { isolationLines } from '../environments/isolation-report.ts'
import { exitCodes } from './exit-codes.ts'
import { connectUp, projectConfig } from './project.ts'
import { endOnSignals } from './signals.ts'
import { printJson, printLines } from './snapshot/text.ts'
import { clearProgress, terminalReport } from './terminal-report.ts'

export function addVerifyIsolation(program: Command): void {
  program
    .command('verify-isolation')
    .description('write something into each environment and a test lane, look for it in all others, and remove it')
    .option('--json', 'print JSON', false)
    .action(({ json }: { json: boolean }, command: Command) => verifyIsolation(json, command))
}

async function verifyIsolation(json: boolean, command: Command): Promise<void> {
  const { signal } = endOnSignals()
  const config = await projectConfig(command)
  const { record, client } = await connectUp(config)
  const lanes: HeldLane[] = []
  try {
    const { environments = [] } = await client.request('status', {})
    const looks = environments.map(({ name }) => client.request('look', { lane: name }))
    const slices: Slice[] = (await Promise.all(looks)).map(({ id, endpoints }) => {
      return { name: id.name, endpoints, untouched: isProduction(id.name) }
    })
    const wanted = environments.length === 0 ? 2 : Number(environments.some((each) => each.lanes))
    lanes.push(...(await leaseLanes(record.address, wanted)))
    slices.push(...lanes.map(({ lane }) => ({ name: lane.id.name, endpoints: lane.endpoints })))
    const services = markedServices(config)
    const measured = await measureIsolation({ stack: config, services, slices, signal })
    const apart = measured.every(isApart)
    clearProgress()
    if (json) printJson({ apart, services: measured })
    else printLines(isolationLines(measured))
    if (!apart) process.exitCode = exitCodes.unwell
  } finally {
    for (const held of lanes) held.release()
    client.close()
  }
}

async function leaseLanes(address: LaneServerAddress, count: number): Promise<readonly HeldLane[]> {
  const leasing = Array.from({ length: count }, () =>
    HeldLane.lease({ address, reset: 'never' }, { what: 'isolane verify-isolation' }),
  )
  return Promise.all(leasing)
}

/** @throws ISOLANE_RUNTIME_UNSUPPORTED where none of the services knows marks */
function markedServices({ services }: ResolvedConfig): readonly MarkedService[] {
  const all = Object.entries(services)
  const marked = all.flatMap(([name, { service }]) => {
    const marks = service.environments?.marks
    return marks ? [{ name, marks }] : []
  })
  for (const [name, { service }] of all.filter(([, { service }]) => !service.environments)) {
    const text = `is not looked at: ${service.kind} can hold no environments`
    terminalReport()({ kind: 'info', subject: name, text })
  }
  if (marked.length > 0) return marked
  throw new IsolaneError({
    code: 'ISOLANE_RUNTIME_UNSUPPORTED',
    message: `None of the services (${all.map(([name]) => name).join(', ')}) can be looked into for marks`,
    remedy: 'postgres, redis and neo4j can',
  })
}
