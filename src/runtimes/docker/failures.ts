import { IsolaneError } from '../../core/errors.ts'
import { engineFull, engineReason, withoutPassword } from './errors.ts'
import type { Plan } from './ground.ts'
import { lastLog } from './log.ts'
import { portTaken } from './ports.ts'
import { type Readiness, startTimeoutOf } from './readiness.ts'
import { describeEnd } from './state.ts'
import type { Container } from './testcontainers.ts'

/** The engine would not make or start the container. */
export async function refused(plan: Plan, error: unknown): Promise<IsolaneError> {
  const known = (await portTaken(plan, error)) ?? engineFull(plan.engine.address, error)
  if (known) return known
  return new IsolaneError({
    code: 'ISOLANE_START_FAILED',
    message: `The engine did not start a container of ${titleOf(plan)}: ${withoutPassword(engineReason(error), plan.spec)}`,
    remedy: 'correct what it names; `docker events` shows more',
    cause: error,
  })
}

/** The container ran, but its server never answered. */
export async function notReady(
  plan: Plan,
  container: Container,
  readiness: Exclude<Readiness, { outcome: 'ready' }>,
): Promise<IsolaneError> {
  const output = await lastLog(container, plan.spec)
  if (readiness.outcome === 'timed-out') {
    return new IsolaneError({
      code: 'ISOLANE_START_TIMED_OUT',
      message: `${titleOf(plan)} was not ready after ${startTimeoutOf(plan.container) / 1_000} s`,
      remedy: 'see what it last wrote below; a machine this busy may need fewer lanes or workers',
      output,
    })
  }
  return new IsolaneError({
    code: 'ISOLANE_START_FAILED',
    message: `${titleOf(plan)} did not start: its container ${describeEnd(readiness.inspection)}`,
    remedy: 'see what it last wrote below',
    output,
  })
}

export function notRemoved(name: string, { engine }: Plan, error: unknown): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_SERVER_UNREACHABLE',
    message: `The engine at ${engine.address} did not remove the container ${name}: ${engineReason(error)}`,
    remedy: '`isolane gc` removes it when the engine answers again',
    cause: error,
  })
}

export function notRun(program: string, { engine }: Plan, error: unknown): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_SERVER_UNREACHABLE',
    message: `The engine at ${engine.address} did not run ${program} in its container: ${engineReason(error)}`,
    remedy: 'see that it and the container still run',
    cause: error,
  })
}

/** `redis:7 (cache)`, or without the name in the config where it says the same. */
function titleOf({ spec, blueprint }: Plan): string {
  return spec.service === spec.kind ? blueprint.image.name : `${blueprint.image.name} (${spec.service})`
}
