import type { Runtime, RuntimeContext } from '../../core/contracts.ts'
import { forgetData } from './kept-data.ts'
import { savedState } from './saved-state.ts'
import { start, unsupported } from './start.ts'
import { sweep } from './sweep.ts'

export {
  allJavas,
  type CachedEngine,
  type EngineContext,
  installEngine,
  type Java,
  listEngines,
  type ProvidedEngine,
  verifyEngine,
} from './engines/index.ts'

/** Runs servers as local processes: programs found on the machine, or provided from a package registry. */
export function createNativeRuntime(context: RuntimeContext): Runtime {
  return {
    name: 'native',
    probe: async () => ({ ok: true }),
    // Engines are provided by the start itself, which also mends those that are damaged.
    provide: async (spec) => {
      if (!spec.native) throw unsupported(spec)
    },
    start: (spec, options) => start(spec, options, context),
    saved: (spec, key, signal) => savedState(spec, key, context, signal),
    forget: (keep) => forgetData(context, keep),
    sweep: ({ dry = false } = {}) => sweep(context, dry),
  }
}
