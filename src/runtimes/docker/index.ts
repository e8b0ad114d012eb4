import { dirname } from 'node:path'
import type { Runtime, RuntimeContext } from '../../core/contracts.ts'
import { startAborted } from '../../core/start-aborted.ts'
import { type Engine, findEngine } from './engine.ts'
import { noEngine, unsupported } from './errors.ts'
import type { Ground } from './ground.ts'
import { provideImage } from './images.ts'
import { installation } from './labels.ts'
import { start } from './start.ts'
import { sweep } from './sweep.ts'
import { forgetKept } from './volumes.ts'
import { DeathWatch } from './watch.ts'

export { findEngine } from './engine.ts'
export { findWanted } from './images.ts'

/** Runs servers as containers, through testcontainers. */
export function createDockerRuntime(context: RuntimeContext): Runtime {
  let standing: Ground | undefined
  const ground = async (): Promise<Ground> => {
    if (standing) return standing
    const found = await findEngine()
    if ('closed' in found) throw noEngine(found.closed)
    standing ??= groundOn(context, found.engine)
    return standing
  }
  return {
    name: 'docker',
    probe: async () => {
      const found = await findEngine()
      return 'closed' in found ? { ok: false, ...found.closed } : { ok: true }
    },
    provide: async (spec, signal) => {
      if (!spec.container) throw unsupported(spec)
      const { engine } = await ground()
      try {
        await provideImage(engine, spec.container.image, { report: context.report, signal })
      } catch (error) {
        throw signal.aborted ? startAborted(spec, signal) : error
      }
    },
    start: async (spec, options) => start(spec, options, await ground()),
    sweep: (options = {}) => sweep(context, options),
    forget: async (keep) => forgetKept((await ground()).engine, context, keep),
  }
}

function groundOn(context: RuntimeContext, engine: Engine): Ground {
  return { context, engine, watch: new DeathWatch(engine, installation(dirname(context.run.folder))) }
}
