import { nativeTools } from '../../builtin.ts'
import type { EngineSpec } from '../../core/contracts.ts'
import { isIsolaneError } from '../../core/errors.ts'
import { cacheFolder } from '../../core/folders.ts'
import { silent } from '../../core/report.ts'
import { type Check, checking, failed, failure, note, ok } from './check.ts'
import type { Programs } from './programs.ts'
import type { Subject } from './subjects.ts'

/** Where each engine is, or would come from. One that can't be had is a failure only for a service that needs it. */
export async function engineChecks(
  subjects: readonly Subject[],
  programs: Programs,
  isNeeded: (subject: Subject) => boolean,
): Promise<Check[]> {
  const checks: Check[] = []
  for (const subject of subjects) {
    const { name, runtime, spec } = subject
    const engine = spec.native?.engine
    if (!engine || !['native', 'auto'].includes(runtime)) continue
    const found = await checking(name, async () => [await checkEngine(name, engine, programs)])
    checks.push(
      ...found.map((check) =>
        isNeeded(subject) || check.state !== 'failed' ? check : { ...check, state: 'note' as const },
      ),
    )
  }
  return checks
}

async function checkEngine(name: string, engine: EngineSpec, programs: Programs): Promise<Check> {
  const { fittingEngines, verifyEngine } = await nativeTools()
  const onMachine = await findOnMachine(engine)
  if ('text' in onMachine) return ok(name, onMachine.text)
  if (!isIsolaneError(onMachine.error, 'ISOLANE_ENGINE_NOT_FOUND')) return failure(name, onMachine.error)
  const [cached] = fittingEngines(engine, cacheFolder())
  if (!cached) return wouldBeProvided(name, engine, programs)
  const damaged = await verifyEngine(cached)
  const { folder, record } = cached
  if (damaged.length === 0) {
    return ok(name, `${engine.name} ${record.version} in ${folder}, from ${record.source}, every file as installed`)
  }
  const text = `${engine.name} ${record.version} in ${folder}: ${damaged.length} files are missing or changed, such as ${damaged[0]}`
  return failed(name, text, `delete that folder and run \`isolane install ${engine.name}@${engine.version}\``)
}

/** Asked without its packages, the runtime only looks at what is on the machine. */
async function findOnMachine(engine: EngineSpec): Promise<{ text: string } | { error: unknown }> {
  const { installEngine } = await nativeTools()
  try {
    const found = await installEngine({ ...engine, packages: [] }, { cacheFolder: cacheFolder(), report: silent })
    return { text: `${found.name} ${found.version} in ${found.origin}` }
  } catch (error) {
    return { error }
  }
}

async function wouldBeProvided(name: string, engine: EngineSpec, programs: Programs): Promise<Check> {
  const { platform } = await nativeTools()
  const packages = engine.packages.filter(({ platforms }) => platforms?.includes(platform) ?? true)
  const text = `${engine.name} ${engine.version} is not here yet`
  const [usable] = packages.filter(({ registry }) => programs[registry])
  const install = `isolane install ${engine.name}@${engine.version}`
  if (usable) return note(name, `${text}; the first run gets it from ${usable.registry}`, `\`${install}\` gets it now`)
  const registries = [...new Set(packages.map(({ registry }) => registry))]
  if (registries.length === 0)
    return failed(
      name,
      `${text}, and no package of it fits ${platform}`,
      `install ${engine.name} ${engine.version} on this machine`,
    )
  return failed(
    name,
    `${text}, and none of ${registries.join(', ')} is on PATH to get it`,
    `install one of these, then run \`${install}\``,
  )
}
