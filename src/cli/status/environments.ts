import type { ResolvedConfig } from '../../core/config.ts'
import type { EnvironmentStatus } from '../../core/environment-status.ts'
import type { StackStatus } from '../../core/stack.ts'
import { table } from '../../core/table.ts'
import { SnapshotStore } from '../../snapshots/store.ts'
import { ageText, sizeText } from '../snapshot/text.ts'

/** A line for each environment and service, with the age of the last snapshot that holds it. Empty where there are none. */
export async function environmentLines(config: ResolvedConfig, stack: StackStatus): Promise<string> {
  if (!stack.environments) return ''
  const snapshots = await SnapshotStore.of(config).list()
  const rows = stack.environments.flatMap((environment) => {
    const last = snapshots.find(({ manifest }) => manifest && environment.name in manifest.lanes)?.manifest?.createdAt
    return linesOf(environment, last === undefined ? 'never' : ageText(last))
  })
  const head = ['environment', 'is', 'service', 'where', 'answers in', 'size', 'connections', 'last snapshot']
  return table(head, rows, { numbers: ['answers in', 'size', 'connections'] })
}

function linesOf(environment: EnvironmentStatus, age: string): string[][] {
  const { addresses, problems, facts = {} } = environment
  return [...new Set([...Object.keys(addresses), ...Object.keys(problems)])].map((service, index) => {
    const measured = facts[service]
    return [
      index === 0 ? environment.name : '',
      index === 0 ? kindOf(environment) : '',
      service,
      problems[service] ?? addresses[service] ?? '',
      measured ? `${Math.ceil(measured.milliseconds)} ms` : '',
      measured ? sizeText(measured.bytes) : '',
      measured ? String(measured.connections) : '',
      index === 0 ? age : '',
    ]
  })
}

function kindOf({ protected: isProtected, lanes }: EnvironmentStatus): string {
  return isProtected ? 'protected' : lanes ? 'beside test lanes' : ''
}
