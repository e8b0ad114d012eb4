import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { cacheFolder } from '../../src/core/folders.ts'
import { allJavas, listEngines } from '../../src/runtimes/native/engines/index.ts'
import { dist } from './folders.ts'

/** Whether Neo4j can be part of the demo on this machine; if not, why and what to do. */
export type Neo4jHere =
  | { readonly possible: true; readonly java: string }
  | { readonly possible: false; readonly reason: string; readonly remedy: string }

const install = '`apt install openjdk-17-jdk maven` (or the like), then run the demo again'

export async function findNeo4j(): Promise<Neo4jHere> {
  if (process.env.ISOLANE_ATLAS_WITHOUT_NEO4J === '1') {
    return no('ISOLANE_ATLAS_WITHOUT_NEO4J=1 says so', 'unset ISOLANE_ATLAS_WITHOUT_NEO4J')
  }
  const javas = await allJavas()
  const java = javas.filter(({ major }) => major >= 17).sort((left, right) => left.major - right.major)[0]
  if (!java) {
    const found =
      javas.length === 0 ? 'there is none here' : `here is ${javas.map(({ version }) => version).join(', ')}`
    return no(`it needs Java 17 or newer, and ${found}`, install)
  }
  if (!existsSync(join(dist, 'neo4j-host.jar'))) {
    return no('its host program is not built, which takes a JDK and Maven', `${install}, after \`npm run build\``)
  }
  const cached = listEngines(cacheFolder()).some(({ record }) => record.name === 'neo4j')
  if (!cached && !onPath('mvn')) return no('its jars come from Maven, and there is no `mvn` here', install)
  return { possible: true, java: `Java ${java.version}, ${java.home}` }
}

function no(reason: string, remedy: string): Neo4jHere {
  return { possible: false, reason, remedy }
}

function onPath(program: string): boolean {
  const names = process.platform === 'win32' ? [`${program}.cmd`, `${program}.exe`] : [program]
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean)
  return folders.some((folder) => names.some((name) => existsSync(join(folder, name))))
}
