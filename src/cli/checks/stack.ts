import { createServer } from 'node:net'
import { nativeTools } from '../../builtin.ts'
import type { ResolvedConfig } from '../../core/config.ts'
import { LaneClient } from '../../core/lane-client.ts'
import type { StackStatus } from '../../core/stack.ts'
import { findClaim } from '../../core/up-record.ts'
import { sweepAll } from '../gc.ts'
import { upKey } from '../project.ts'
import { type Check, failed, failure, note, ok } from './check.ts'
import type { Subject } from './subjects.ts'

/** Whether the project's stack is up, and whether its ports and templates allow it to be. */
export async function stackChecks(config: ResolvedConfig, subjects: readonly Subject[]): Promise<Check[]> {
  const claim = findClaim(upKey(config))
  const client = claim?.address && (await LaneClient.connect(claim.address).catch(() => undefined))
  const status = await client?.request('status', {})
  client?.close()
  const ports = await Promise.all(subjects.flatMap((subject) => portChecks(subject, status)))
  const templates = await Promise.all(subjects.map(templateCheck))
  return [upCheck(claim?.owner.pid, status), ...ports, ...templates.flat()]
}

function upCheck(pid: number | undefined, status: StackStatus | undefined): Check {
  if (pid === undefined) return ok('stack', 'is not up; each run starts its own')
  if (!status)
    return note('stack', `pid ${pid} is just starting it, or does not answer`, 'wait, or end it with `isolane down`')
  return ok('stack', `is up (pid ${pid}), ${status.pool.lanes.length} of at most ${status.pool.limit} lanes`)
}

function portChecks({ name, spec }: Subject, status: StackStatus | undefined): Promise<Check>[] {
  const asked = Object.values(spec.ports).filter((port) => port !== 0)
  const ours = Object.values(status?.services.find((service) => service.name === name)?.ports ?? {})
  return asked.map(async (port) => {
    if (ours.includes(port)) return ok('port', `${port} for ${name} is held by the stack that is up`)
    if (await isFree(port)) return ok('port', `${port} for ${name} is free`)
    const { portHolder } = await nativeTools()
    const text = `${port} for ${name} is taken by ${portHolder(port) ?? 'another program'}`
    return failed('port', text, 'end that program, choose another `port`, or leave it out for a free one')
  })
}

async function templateCheck({ name, readTemplate }: Subject): Promise<Check[]> {
  try {
    await readTemplate()
    return []
  } catch (error) {
    return [failure(name, error)]
  }
}

/** What killed runs left. No failure: the next run removes it by itself. */
export async function leftoverCheck(): Promise<Check[]> {
  const found = await sweepAll(true)
  if (found.length === 0) return [ok('leftovers', 'none')]
  const some = found.slice(0, 3).map(({ what }) => what)
  const more = found.length > some.length ? `, and ${found.length - some.length} more` : ''
  return [
    note('leftovers', `of dead runs: ${some.join(', ')}${more}`, '`isolane gc` removes them, and so does the next run'),
  ]
}

function isFree(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const server = createServer().once('error', () => resolve(false))
  server.listen({ host: '127.0.0.1', port, exclusive: true }, () => server.close(() => resolve(true)))
  return promise
}
