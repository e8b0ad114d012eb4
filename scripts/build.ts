/** `npm run build`: the package into dist/, with the Neo4j host where a JDK with Maven can compile it. */
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { buildHost } from '../neo4j-host/build.ts'
import { finishDeclarations } from './declarations.ts'
import { run } from './run.ts'

// Chunks are named by their contents: those of earlier builds would be packed too. The host knows whether it is stale.
for (const name of existsSync('dist') ? readdirSync('dist') : []) {
  if (!name.startsWith('neo4j-host.jar')) rmSync(join('dist', name), { recursive: true })
}
if (!(await run('tsup'))) process.exit(1)
finishDeclarations('dist')
try {
  await buildHost('dist/neo4j-host.jar')
} catch (error) {
  console.warn(`\nNOT BUILT: the Neo4j host, so Neo4j lanes will not work from this build.\n${error}\n`)
}
