import type { ResolvedConfig } from '../../core/config.ts'
import { LaneClient } from '../../core/lane-client.ts'
import { findUp } from '../../core/up-record.ts'
import { upKey } from '../project.ts'
import { type Check, failed, note, ok } from './check.ts'

/** Whether the environments of the config are there, and can be worked with by everybody who may. */
export async function environmentChecks(config: ResolvedConfig): Promise<Check[]> {
  const wanted = Object.keys(config.environments)
  if (wanted.length === 0) return []
  const up = findUp(upKey(config))
  const client = up && (await LaneClient.connect(up.address).catch(() => undefined))
  if (!client)
    return [note('environments', `${wanted.join(', ')} are there once the stack is up`, 'start it with `isolane up`')]
  try {
    const { environments = [] } = await client.request('status', {})
    const missing = wanted.filter((name) => !environments.some((environment) => environment.name === name))
    if (missing.length > 0) {
      const text = `${missing.join(', ')} of the config ${missing.length === 1 ? 'is' : 'are'} not in the stack that is up`
      return [failed('environments', text, 'run `isolane up` again: it makes them, and loses nothing')]
    }
    return (await Promise.all(wanted.map((name) => checkOne(config, client, name)))).flat()
  } finally {
    client.close()
  }
}

async function checkOne(config: ResolvedConfig, client: LaneClient, name: string): Promise<Check[]> {
  const { endpoints } = await client.request('look', { lane: name })
  const checks = Object.entries(endpoints).map(async ([service, endpoint]) => {
    const tried = (await config.services[service]?.service.environments?.check(endpoint)) ?? []
    const problems = tried.filter(({ problem }) => problem !== undefined)
    if (problems.length === 0) return [ok(name, `${service} answers as ${tried.map(({ who }) => who).join(', ')}`)]
    return problems.map(({ who, problem = '', remedy = 'see `isolane logs`' }) =>
      failed(name, `${service} as ${who}: ${problem}`, remedy),
    )
  })
  return (await Promise.all(checks)).flat()
}
