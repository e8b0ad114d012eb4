import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ClientContext, type RegistryClient, RegistryError, runClient } from './client.ts'
import { isExact } from './exact.ts'

export const maven: RegistryClient = {
  program: 'mvn',

  async fetch(wanted, folder, context) {
    const [group, artifact] = wanted.name.split(':')
    if (!group || !artifact) throw new RegistryError(`${wanted.name} is not \`group:artifact\``)
    const coordinates = { group, artifact }
    const version = isExact(wanted.version)
      ? wanted.version
      : await newestBelow(wanted.version, coordinates, folder, context)
    const jars = join(folder, 'jars')
    const alone = wanted.contents.kind === 'jars' ? [] : ['-DexcludeTransitive=true']
    await copyDependencies(dependency(coordinates, version), jars, alone, folder, context)
    return { version, path: wanted.contents.kind === 'jars' ? jars : join(jars, `${artifact}-${version}.jar`) }
  },
}

interface Coordinates {
  readonly group: string
  readonly artifact: string
}

/**
 * `5.26` is anything from it up to, but without, `5.27`. Only POMs are asked for, and nothing they depend on: Maven
 * would walk every dependency of every version in the range.
 */
async function newestBelow(
  prefix: string,
  coordinates: Coordinates,
  folder: string,
  context: ClientContext,
): Promise<string> {
  const parts = prefix.split('.')
  const range = `[${prefix},${[...parts.slice(0, -1), Number(parts.at(-1)) + 1].join('.')}-alpha)`
  const bare =
    '<type>pom</type><exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions>'
  const poms = join(folder, 'poms')
  await copyDependencies(dependency(coordinates, range, bare), poms, [], folder, context)
  const pom = readdirSync(poms).find((name) => name.startsWith(`${coordinates.artifact}-`) && name.endsWith('.pom'))
  if (!pom) throw new RegistryError(`${coordinates.artifact} has no version ${prefix}`)
  return pom.slice(coordinates.artifact.length + 1, -'.pom'.length)
}

/** A project of our own, so that the user's mirrors and settings hold as for any other. */
async function copyDependencies(
  dependencies: string,
  output: string,
  options: readonly string[],
  folder: string,
  context: ClientContext,
): Promise<void> {
  const project = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>isolane</groupId><artifactId>engine</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>${dependencies}</dependencies>
</project>
`
  mkdirSync(output)
  writeFileSync(join(folder, 'pom.xml'), project)
  const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${output}`]
  await runClient('mvn', ['--batch-mode', '--no-transfer-progress', ...goal, ...options], folder, context)
}

function dependency({ group, artifact }: Coordinates, version: string, more = ''): string {
  const names = `<groupId>${xml(group)}</groupId><artifactId>${xml(artifact)}</artifactId>`
  return `<dependency>${names}<version>${xml(version)}</version>${more}</dependency>`
}

function xml(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')
}
