import type { Service, ServiceDefinition, Template } from '../../core/contracts.ts'
import { fingerprint } from '../../core/fingerprint.ts'
import { checkOptions } from './check.ts'
import { imageParts } from './image.ts'
import { nowhere } from './lane.ts'
import type { ContainerLane, ContainerOptions, LaneFields } from './options.ts'
import { ContainerSession } from './session.ts'
import { spec } from './spec.ts'

export type {
  ContainerLane,
  ContainerLaneFiles,
  ContainerLanes,
  ContainerOptions,
  ContainerServer,
  ContainerWait,
  LaneFields,
} from './options.ts'

/**
 * Anything that has an image. With `lane`, all lanes are in one container, cut out of it by your functions; without it,
 * each lane has a container of its own.
 * @throws ISOLANE_OPTION_INVALID
 */
export function container<const Port extends string, Fields extends LaneFields = Record<never, never>>(
  options: ContainerOptions<Port, Fields>,
): ServiceDefinition<ContainerLane<Port, Fields>> {
  const checked = checkOptions(options)
  const service: Service<ContainerOptions, ContainerLane> = {
    kind: imageParts(checked.image).name,
    spec,
    template: async (given) => template(given),
    open: async (instance, given, context) => new ContainerSession(instance, given, context),
    env: (lane) => checked.env(lane),
    nowhere: nowhere(checked.ports),
  }
  return {
    // What `create` returned is checked when it does; until then this is its declared type.
    service: service as unknown as Service<ContainerOptions, ContainerLane<Port, Fields>>,
    options: { ...checked },
    runtime: 'docker',
    ...(checked.lane ? {} : { isolation: 'instance' }),
  }
}

/** What functions do can't be told from their text. */
function template(options: ContainerOptions): Template {
  const text = JSON.stringify(options, (_key, value: unknown) => (typeof value === 'function' ? String(value) : value))
  return { fingerprint: fingerprint('container', text), cacheable: false }
}
