import { delimiter, resolve } from 'node:path'
import type { EngineSpec, InstanceSpec, SpecContext } from '../../core/contracts.ts'
import { hostJar } from './host-jar.ts'
import { user } from './lane.ts'
import { databaseName, defaultVersion, javaFor, type Neo4jOptions } from './options.ts'

/** One process for all lanes: the host program (neo4j-host/) on Neo4j's own jars. */
export function spec(options: Neo4jOptions, context: SpecContext): InstanceSpec {
  const jar = hostJar()
  return {
    service: context.name,
    kind: 'neo4j',
    credentials: { username: user, password: context.credentials.password },
    ports: { control: 0 },
    native: {
      engine: engine(options.version ?? defaultVersion, jar.path, jar.key),
      serve: {
        program: 'java',
        arguments: [
          ...host(jar.path),
          '--data={data}',
          '--host={host}',
          '--port={port.control}',
          '--password-file={private}/password',
          `--database=${databaseName(options)}`,
          ...(options.plugins === undefined ? [] : [`--plugins=${resolve(context.root, options.plugins)}`]),
          '--base={warm}/base',
          '--ends-with-input',
        ],
        files: { '{private}/password': '{password}' },
      },
      ready: { line: 'READY' },
      stopSignal: 'SIGTERM',
      refusesRoot: false,
      endsWithInput: true,
      save: { paths: ['template'], stopped: false },
    },
  }
}

function engine(version: string, jar: string, key: string): EngineSpec {
  return {
    name: 'neo4j',
    version,
    packages: [{ registry: 'maven', name: 'org.neo4j:neo4j', version, contents: { kind: 'jars' } }],
    java: {
      minimum: javaFor(version),
      arguments: [
        { from: 17, arguments: [...forAll] },
        { from: 17, to: 24, arguments: ['-XX:SharedArchiveFile={warm}/classes.jsa'] },
        { from: 24, arguments: ['--enable-native-access=ALL-UNNAMED', '--sun-misc-unsafe-memory-access=allow'] },
        { from: 25, arguments: ['-XX:AOTCache={warm}/classes.aot'] },
      ],
    },
    warm: { key, command: { program: 'java', arguments: [...host(jar), '--train={warm}'] } },
  }
}

/** Many short-lived small databases: compile quickly and collect garbage in one thread. */
const forAll = [
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-Xlog:disable',
  '-Dfile.encoding=UTF-8',
  '--add-opens=java.base/java.nio=ALL-UNNAMED',
  '--add-opens=java.base/java.io=ALL-UNNAMED',
  '--add-opens=java.base/sun.nio.ch=ALL-UNNAMED',
] as const

function host(jar: string): string[] {
  return ['-cp', [jar, '{engine}/lib/*'].join(delimiter), 'isolane.neo4j.Host']
}
