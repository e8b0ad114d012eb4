import type { LaneEndpoint, Service, ServiceDefinition } from './contracts.ts'
import { IsolaneError, isIsolaneError, messageOf } from './errors.ts'

/** What a config calls: options may be left out where none is required. */
export type DefineWithOptions<Options extends object, Lane extends LaneEndpoint> = (
  ...given: Record<never, never> extends Options ? [options?: Options] : [options: Options]
) => ServiceDefinition<Lane>

/**
 * Makes of a service what configs call: `const notes = defineService(notesService)`, then `notes({ seed: ['buy milk'] })`.
 * @param check what the options must be, e.g. `z.object({ … }).parse`: returns them, or throws. Default: any will do.
 * @returns a function that throws ISOLANE_OPTION_INVALID with what `check` said.
 */
export function defineService<Options extends object, Lane extends LaneEndpoint>(
  service: Service<Options, Lane>,
  check?: (options: unknown) => Options,
): DefineWithOptions<Options, Lane> {
  return (...given) => ({ service, options: { ...checked(service.kind, given[0] ?? {}, check) } })
}

function checked(kind: string, options: object, check?: (options: unknown) => object): object {
  try {
    return check ? check(options) : options
  } catch (error) {
    if (isIsolaneError(error)) throw error
    throw new IsolaneError({
      code: 'ISOLANE_OPTION_INVALID',
      message: `${kind}: the options are invalid: ${messageOf(error).split('\n')[0]}`,
      remedy: `correct them in the config`,
      cause: error,
    })
  }
}
