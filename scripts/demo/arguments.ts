import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'

export interface DemoOptions {
  readonly lanes: boolean
  readonly workers: number
}

export const usage = `npm run demo -- [--no-lanes] [--workers N]

  --no-lanes   the same suite on one shared database of each kind, to see it fail
  --workers N  test files running at the same time (here: ${defaultWorkers()})`

/** What was asked for; `undefined` when it is not understood. */
export function readArguments(words: readonly string[]): DemoOptions | 'help' | undefined {
  try {
    const { values } = parseArgs({
      args: [...words],
      options: {
        'no-lanes': { type: 'boolean', default: false },
        workers: { type: 'string', default: String(defaultWorkers()) },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
    if (values.help) return 'help'
    const workers = Number(values.workers)
    if (!Number.isInteger(workers) || workers < 1 || workers > 64) return undefined
    return { lanes: !values['no-lanes'], workers }
  } catch {
    return undefined
  }
}

/** Workers mostly wait for databases, so two even on one core; more than eight gain little on 36 files. */
function defaultWorkers(): number {
  return Math.min(8, Math.max(2, availableParallelism()))
}
