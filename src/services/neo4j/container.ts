import type { ContainerSpec, SpecContext } from '../../core/contracts.ts'
import { versionedImage } from '../../core/image-version.ts'
import { environmentPortsInside } from './environments/ports.ts'
import { jvmFlags } from './jvm-flags.ts'
import { databaseName, defaultVersion, type Neo4jOptions } from './options.ts'
import { containerPlugins } from './plugins.ts'
import { hostSecrets } from './secrets.ts'

const jar = '/isolane/neo4j-host.jar'

/** With environments, what is in `/data` outlives the container; lanes are forgotten, in memory. At most so many bytes. */
const memoryForLanes = 2 * 1024 ** 3

/** Neo4j's own port and those after it; the template's stands before them. */
const [controlPort, templatePort, firstLanePort] = [7685, 7686, 7687]

/** Port names of a container: the endpoint says where each of them is published. */
export const templatePortName = 'template'
export const lanePortName = (number: number) => `lane-${number}`

/** The port inside the container that a port name stands for. */
export function portInside(name: string): number {
  const [, number] = /^lane-(\d+)$/.exec(name) ?? []
  return number === undefined ? templatePort : firstLanePort + Number(number) - 1
}

/**
 * The host program in a container of any Community image, on the jars that lie in it: one container for all lanes, with
 * a published Bolt port for each.
 */
export function hostContainer(options: Neo4jOptions, hostJar: string, context: SpecContext): ContainerSpec {
  const { environments } = context
  const lanes = Array.from({ length: context.maximumLanes }, (_, index) => lanePortName(index + 1))
  const plugins = containerPlugins(options, context.root)
  return {
    image: versionedImage(options.image ?? 'neo4j:{version}', options.version ?? defaultVersion),
    ports: {
      control: controlPort,
      ...Object.fromEntries([templatePortName, ...lanes].map((name) => [name, portInside(name)])),
      ...environmentPortsInside(environments),
    },
    ...(options.port === undefined || environments ? {} : { published: publishedLanes(lanes, options.port) }),
    environment: { ISOLANE_NEO4J_PASSWORD: hostSecrets(context.credentials.password), ...plugins.environment },
    // Behind the image's own entry point, which provides plugins and takes a user without rights.
    command: [
      'java',
      ...jvmFlags,
      '-cp',
      [jar, '/var/lib/neo4j/lib/*', ...plugins.classPath].join(':'),
      'isolane.neo4j.Host',
      '--data=/data/isolane',
      ...(environments ? ['--environments=/data/environments', '--lanes=/dev/shm/isolane'] : []),
      '--host=0.0.0.0',
      `--port=${controlPort}`,
      `--database=${databaseName(options)}`,
      ...(plugins.list.length === 0 ? [] : [`--plugins=${plugins.list.join(':')}`]),
    ],
    files: { [jar]: { source: hostJar, mode: 0o644 }, ...plugins.files },
    data: ['/data'],
    ...(environments ? { sharedMemory: memoryForLanes } : {}),
    ready: { line: 'READY' },
  }
}

function publishedLanes(names: readonly string[], first: number): Record<string, number> {
  return Object.fromEntries(names.map((name, index) => [name, first + index]))
}
