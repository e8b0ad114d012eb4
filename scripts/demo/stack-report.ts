import type { ServiceStatus } from '../../src/core/service-host.ts'
import type { StackStatus } from '../../src/core/stack.ts'

/** What a run leaves in `ISOLANE_REPORT_FILE`. Read from a file, so nothing is taken for granted. */
export type StackReport = Partial<
  Omit<StackStatus, 'services' | 'pool'> & {
    readonly services: readonly Partial<ServiceStatus & { readonly memoryBytes: number }>[]
    readonly pool: Partial<StackStatus['pool']>
  }
>
