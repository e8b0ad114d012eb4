import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** What lanes' clients are typed by. */
const typed = /^import [^;]* from '(?:pg|ioredis|neo4j-driver)';$/gm
const unused = /^import '(?:pg|ioredis|neo4j-driver)';\n/gm

/** What CommonJS declarations have from our ES module. */
const ofModule = /^(import|export) (\{[^}]*\}) from 'isolane';$/gm

/**
 * Has declarations compile for everyone, also where libraries are checked. The bundler drops comments and attributes of
 * imports, so they are added to what it has written.
 *
 * A client whose package somebody lacks is `any` to them: they can't have it. Types of the ES module are marked as such for
 * those whose TypeScript takes `require` of one for an error (`"module": "node16"`).
 */
export function finishDeclarations(folder: string): void {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  for (const name of names.filter((name) => /\.d\.c?ts$/.test(name))) {
    const file = join(folder, name)
    const text = readFileSync(file, 'utf8')
    const excused = text.replace(unused, '').replace(typed, '// @ts-ignore: an optional peer\n$&')
    const finished = name.endsWith('.cts')
      ? excused.replace(ofModule, "$1 type $2 from 'isolane' with { 'resolution-mode': 'import' };")
      : excused
    if (finished !== text) writeFileSync(file, finished)
  }
}
