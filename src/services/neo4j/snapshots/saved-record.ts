import type { StateReader, StateSummary } from '../../../core/contracts.ts'
import type { HostClient } from '../host-client.ts'

/** In the state of an environment: which migrations its data have seen. */
export const recordFile = 'record'

/** Says in a summary that there is one. */
export const withRecord = { record: 'kept' } as const

export function hasRecord({ details }: StateSummary): boolean {
  return details.record === withRecord.record
}

/** Gives a saved record to the state that it belongs to. @throws ISOLANE_SNAPSHOT_DAMAGED */
export async function noteRecord(host: HostClient, state: string, files: StateReader): Promise<void> {
  const record = Buffer.concat(await Array.fromAsync(files.read(recordFile))).toString()
  await host.ask('state.record', { state, record })
}
