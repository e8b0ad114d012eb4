import { delimiter } from 'node:path'
import type { EngineSpec, InstanceSpec, NativeSpec, SpecContext } from '../../core/contracts.ts'
import { attachSpec } from './attach.ts'
import { hostContainer } from './container.ts'
import { serverContainer } from './enterprise.ts'
import { environmentPorts } from './environments/ports.ts'
import { hostJar } from './host-jar.ts'
import { jvmFlags, moreFor44 } from './jvm-flags.ts'
import { user } from './lane.ts'
import { databaseName, defaultVersion, is44, isWholeServer, javaFor, type Neo4jOptions } from './options.ts'
import { nativePlugins, pluginEngines } from './plugins.ts'
import { hostSecrets } from './secrets.ts'

/**
 * One process for all lanes: the host program (neo4j-host/) on Neo4j's own jars, here or in a container. Or a server with
 * multi-database, which needs nothing of ours.
 */
export function spec(options: Neo4jOptions, context: SpecContext): InstanceSpec {
  const credentials = { username: user, password: context.credentials.password }
  const attach = attachSpec(options, context.environment ?? {})
  const common = { service: context.name, kind: 'neo4j', credentials, ...(attach ? { attach } : {}) }
  if (options.url !== undefined) return { ...common, ports: { bolt: 0 } }
  if (isWholeServer(options)) {
    return { ...common, ports: { bolt: options.port ?? 0, http: 0 }, container: serverContainer(options, context) }
  }
  const jar = hostJar()
  return {
    ...common,
    ports: { control: 0, ...environmentPorts(options, context.environments) },
    ...(context.environments ? { durable: true } : {}),
    native: hostProcess(options, context, jar),
    ...(is44(options.version ?? defaultVersion)
      ? { noContainer: 'the images of Neo4j 4.4 have Java 11, and the program that hosts lanes needs 17' }
      : { container: hostContainer(options, jar.path, context) }),
  }
}

function hostProcess(options: Neo4jOptions, context: SpecContext, jar: { path: string; key: string }): NativeSpec {
  const plugins = nativePlugins(options, context.root)
  return {
    engine: engine(options.version ?? defaultVersion, jar.path, jar.key),
    additions: pluginEngines(options),
    serve: {
      program: 'java',
      arguments: [
        ...host(jar.path, plugins.classPath),
        '--data={data}',
        ...(context.environments ? ['--environments={data}/environments', '--lanes={private}/lanes'] : []),
        '--host={host}',
        '--port={port.control}',
        '--password-file={private}/password',
        `--database=${databaseName(options)}`,
        ...(plugins.list.length === 0 ? [] : [`--plugins=${plugins.list.join(delimiter)}`]),
        '--base={warm}/base',
        '--ends-with-input',
      ],
      files: { '{private}/password': hostSecrets(context.credentials.password) },
    },
    ready: { line: 'READY' },
    stopSignal: 'SIGTERM',
    refusesRoot: false,
    endsWithInput: true,
    save: { paths: ['template'], stopped: false },
  }
}

function engine(version: string, jar: string, key: string): EngineSpec {
  return {
    name: 'neo4j',
    version,
    packages: [{ registry: 'maven', name: 'org.neo4j:neo4j', version, contents: { kind: 'jars' } }],
    java: {
      ...javaFor(version),
      arguments: [
        { from: 17, arguments: is44(version) ? [...jvmFlags, ...moreFor44] : jvmFlags },
        { from: 17, to: 24, arguments: ['-XX:SharedArchiveFile={warm}/classes.jsa'] },
        { from: 24, arguments: ['--enable-native-access=ALL-UNNAMED', '--sun-misc-unsafe-memory-access=allow'] },
        { from: 25, arguments: ['-XX:AOTCache={warm}/classes.aot'] },
      ],
    },
    warm: { key, command: { program: 'java', arguments: [...host(jar), '--train={warm}'] } },
  }
}

function host(jar: string, more: readonly string[] = []): string[] {
  return ['-cp', [jar, '{engine}/lib/*', ...more].join(delimiter), 'isolane.neo4j.Host']
}
