import { plainLines, type Report } from '../core/report.ts'
import type { StackStatus } from '../core/stack.ts'
import type { StackHandle } from '../core/stack-handle.ts'

/** Between a runner's own lines only what matters is told; the services are announced in one line. */
export const runnerLines: Report = (event) => {
  if (event.kind !== 'done' || event.subject === 'engine') plainLines(event)
}

/** Says what a run's tests work with. */
export function announce(status: StackStatus, handle: StackHandle): void {
  const services = status.services.map(({ name, product, version }) =>
    name === product ? `${product} ${version}` : `${name} (${product} ${version})`,
  )
  const where = handle.attached ? 'the stack that is up' : `${status.runtime}, ${status.mode}`
  plainLines({ kind: 'info', subject: 'stack', text: `${services.join(', ')} on ${where}` })
}
