import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** What lanes' clients are typed by. */
const typed = /^import [^;]* from '(?:pg|ioredis|neo4j-driver)';$/gm
const unused = /^import '(?:pg|ioredis|neo4j-driver)';\n/gm

/**
 * Has declarations compile for those who lack an optional package, also where libraries are checked: a client that they
 * can't have is `any` to them. The bundler drops such comments, so they are added to what it has written.
 */
export function excuseOptionalTypes(folder: string): void {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  for (const name of names.filter((name) => /\.d\.c?ts$/.test(name))) {
    const file = join(folder, name)
    const text = readFileSync(file, 'utf8')
    const excused = text.replace(unused, '').replace(typed, '// @ts-ignore: an optional peer\n$&')
    if (excused !== text) writeFileSync(file, excused)
  }
}
