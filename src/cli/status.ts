import type { Command } from 'commander'
import { type MeasuredStatus, withMemory } from '../core/process-memory.ts'
import { connectUp, projectConfig } from './project.ts'
import { table } from './table.ts'

export function addStatus(program: Command): void {
  program
    .command('status')
    .description('show the stack that is up: services, lanes and who holds them, memory')
    .option('--json', 'print JSON', false)
    .action((options: { json: boolean }, command: Command) => status(options, command))
}

async function status(options: { json: boolean }, command: Command): Promise<void> {
  const { record, client } = await connectUp(await projectConfig(command))
  try {
    const stack = withMemory(await client.request('status', {}))
    if (options.json) {
      const { owner, startedAt, logFile } = record
      process.stdout.write(`${JSON.stringify({ ...stack, owner, startedAt, logFile }, undefined, 2)}\n`)
    } else {
      process.stdout.write(describe(stack))
    }
  } finally {
    client.close()
  }
}

function describe(stack: MeasuredStatus): string {
  const { pool, services } = stack
  const rows = services.map((service) => [
    service.name,
    `${service.kind} ${service.version}`,
    service.isolation === 'shared' ? 'one instance' : `${service.instances} instances`,
    Object.entries(service.ports)
      .map(([name, port]) => `${name} ${port}`)
      .join(', '),
    service.memoryBytes === undefined ? '' : `${Math.round(service.memoryBytes / 2 ** 20)} MiB`,
    `${Math.round(service.startMilliseconds)} ms`,
    service.origin,
  ])
  const lanes = pool.lanes.map(({ name, phase, holder }) => [
    name,
    phase,
    holder ? `${holder.what}, pid ${holder.pid}` : '',
  ])
  return [
    `Stack ${stack.name} of ${stack.root}: ${stack.runtime}, ${stack.mode}`,
    '',
    table(['service', 'version', 'instances', 'ports', 'memory', 'start', 'from'], rows),
    '',
    table(['lane', 'is', 'held by'], lanes),
    '',
    `${pool.lanes.length} of at most ${pool.limit} lanes; ${pool.leases.count} leases, p50 ${pool.leases.p50} ms; ${pool.resets.count} resets, p50 ${pool.resets.p50} ms`,
    '',
  ].join('\n')
}
