import type { EnvironmentFacts, EnvironmentId, Limit } from '../../../core/contracts.ts'
import type { Administrator } from '../client.ts'
import { setting } from '../inspect.ts'
import { mostEnvironments } from './layout.ts'
import { measureScript } from './scripts.ts'

/** So many pages of about 1,000 keys are measured; the rest is taken to be like them. */
const mostPages = 10

export async function factsOf(
  administrator: Administrator,
  { index, label }: EnvironmentId,
): Promise<EnvironmentFacts> {
  const [bytes, clients] = await Promise.all([bytesOf(administrator, index), administrator.send('CLIENT', 'LIST')])
  const lines = String(clients).split('\n')
  return { bytes, connections: lines.filter((line) => line.split(' ').includes(`user=${label}`)).length }
}

async function bytesOf(administrator: Administrator, number: number): Promise<number> {
  let [cursor, looked, bytes, all] = ['0', 0, 0, 0]
  for (let page = 0; page < mostPages; page++) {
    const answer = (await administrator.send('EVAL', measureScript, 0, number, cursor)) as readonly unknown[]
    cursor = String(answer[0])
    looked += Number(answer[1])
    bytes += Number(answer[2])
    all = Number(answer[3])
    if (cursor === '0') return bytes
  }
  return looked === 0 ? 0 : Math.round((bytes / looked) * all)
}

/** @param environments how many numbers are taken */
export async function limitsOf(administrator: Administrator, environments: number): Promise<readonly Limit[]> {
  const [clients, memory, most] = await administrator.sendAll([
    ['INFO', 'clients'],
    ['INFO', 'memory'],
    ['CONFIG', 'GET', 'maxclients'],
  ])
  const maximum = told(memory, 'maxmemory')
  return [
    {
      what: 'connections',
      used: told(clients, 'connected_clients'),
      limit: Number(setting(most)),
      remedy:
        'end programs that leave connections open; the server takes more when it may open more files (`ulimit -n`)',
    },
    {
      what: 'DB numbers',
      used: environments,
      limit: mostEnvironments,
      remedy: 'have fewer environments; only `isolane down --data` frees the numbers of those that were removed',
    },
    ...(maximum > 0
      ? [
          {
            what: 'memory',
            used: told(memory, 'used_memory'),
            limit: maximum,
            remedy: 'raise `maxmemory` of the server, or delete keys',
          },
        ]
      : []),
  ]
}

function told(info: unknown, name: string): number {
  return Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(String(info))?.[1] ?? 0)
}
