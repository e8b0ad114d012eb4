import type { ResolvedConfig } from '../core/config.ts'
import { messageOf } from '../core/errors.ts'
import type { Report } from '../core/report.ts'
import type { AfterRun } from '../core/stack-handle.ts'
import { automaticName } from './names.ts'

/**
 * What is done with a run's lanes once its tests are over, as the config's `after` says; `undefined`: nothing. A snapshot
 * that fails is a warning, whatever it fails of.
 */
export function afterRunOf(config: ResolvedConfig, report: Report): AfterRun | undefined {
  if (config.after === 'teardown') return undefined
  const snapshot = { name: automaticName(), of: config.after === 'snapshot' ? 'all' : 'failed' } as const
  return {
    snapshot,
    save: async (client) => {
      // Most runs end in another way than by this, or have nothing to save.
      const [{ saveRun }, { pruneAfter }, { SnapshotStore }] = await Promise.all([
        import('./run-snapshot.ts'),
        import('./retention.ts'),
        import('./store.ts'),
      ])
      const saved = await saveRun(client, snapshot, config, report).catch((error: unknown) => {
        report({ kind: 'warning', subject: 'snapshot', text: `was not made: ${messageOf(error)}` })
        return []
      })
      await pruneAfter(SnapshotStore.of(config), config.retention, report)
      return saved
    },
  }
}
