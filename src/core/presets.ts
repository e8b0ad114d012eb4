import type { Preset, RuntimeChoice, StackConfig } from './config.ts'
import { IsolaneError } from './errors.ts'
import { closest } from './options.ts'

/**
 * Puts a config's presets under it. From left to right each takes precedence over those before it, and the config's own
 * options over all of them, option by option. A `runtime` for all services replaces what stood before; one that names
 * services changes just those.
 * @throws ISOLANE_OPTION_INVALID for a name that no preset has.
 */
export function withPresets(config: StackConfig, known: Readonly<Record<string, Preset>>): StackConfig {
  const { presets, ...own } = config
  if (presets === undefined) return own
  if (!Array.isArray(presets)) throw invalid('`presets` is no list', "write `presets: ['native']`")
  const layers: readonly Preset[] = [...presets.map((preset) => resolve(preset, known)), own]
  const runtime = layers.map((layer) => layer.runtime).reduce(mergeRuntimes)
  const merged: StackConfig = Object.assign({}, ...layers.map(withoutBlanks))
  return runtime === undefined ? merged : { ...merged, runtime }
}

function resolve(preset: unknown, known: Readonly<Record<string, Preset>>): Preset {
  if (typeof preset === 'string') {
    const named = Object.hasOwn(known, preset) ? known[preset] : undefined
    if (named) return named
    const meant = closest(preset, Object.keys(known))
    const message = `there is no preset "${preset}"${meant === undefined ? '' : `; did you mean "${meant}"`}`
    throw invalid(message, `choose from ${Object.keys(known).join(', ')}`)
  }
  if (typeof preset !== 'object' || preset === null) {
    throw invalid('`presets` holds something that is neither a name nor an object', 'see `Preset` for what it may hold')
  }
  const stranger = ['services', 'name', 'presets', 'env'].find((option) => option in preset)
  if (stranger !== undefined) throw invalid(`a preset may not hold \`${stranger}\``, 'say it in the config itself')
  return preset
}

function mergeRuntimes(before: RuntimeChoice | undefined, next: RuntimeChoice | undefined): RuntimeChoice | undefined {
  if (before === undefined || next === undefined) return next ?? before
  if (typeof next === 'string') return next
  return { ...(typeof before === 'string' ? { default: before } : before), ...next }
}

/** `{ mode: undefined }` says nothing of the mode. */
function withoutBlanks(layer: object): object {
  return Object.fromEntries(Object.entries(layer).filter(([, value]) => value !== undefined))
}

function invalid(message: string, remedy: string): IsolaneError {
  return new IsolaneError({ code: 'ISOLANE_OPTION_INVALID', message: `isolane.config: ${message}`, remedy })
}
