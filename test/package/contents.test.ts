import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { expect, test } from 'vitest'
import { entries, manifest, root } from '../../scripts/package/manifest.ts'
import { pack } from '../../scripts/package/pack.ts'

const { paths } = await pack()

/** Started or loaded by Isolane itself, by their names. */
const internal = ['cli', 'sqlite-program', 'stack-program', 'jest/worker'].map((name) => `./dist/${name}.js`)

/** Named by their contents, and imported by the entries alone. */
function isChunk(path: string): boolean {
  return /-[\w-]{8}\.(c?js|d\.c?ts)$/.test(path)
}

test('every entry is built, with its types, and packed', () => {
  for (const file of [...entries.flatMap(({ file, types }) => [file, types]), ...Object.values(manifest.bin)]) {
    expect(existsSync(join(root, file)), file).toBe(true)
    expect(paths).toContain(file.replace(/^\.\//, ''))
  }
})

test('whatever is built is an entry, or for Isolane itself', () => {
  const built = readdirSync(join(root, 'dist'), { recursive: true, encoding: 'utf8' })
    .map((path) => `./dist/${path.replaceAll('\\', '/')}`)
    .filter((path) => /\.(c?js|d\.c?ts)$/.test(path) && !isChunk(path))
  const known = [...internal, ...entries.flatMap(({ file, types }) => [file, types])]
  const declarations = internal.map((file) => file.replace(/js$/, 'd.ts'))
  expect(built.filter((path) => !known.includes(path) && !declarations.includes(path))).toEqual([])
})

test('nothing but the build, the licence and the texts is packed', () => {
  const strangers = paths.filter(
    (path) =>
      !/^dist\/([\w-]+\/)?[\w-]+\.(c?js|d\.c?ts|jar)$/.test(path) &&
      !/^(docs\/[\w-]+\.md|package\.json|README\.md|CHANGELOG\.md|LICENSE)$/.test(path),
  )
  expect(strangers).toEqual([])
})

test('nothing runs when it is installed', () => {
  const installing = ['preinstall', 'install', 'postinstall', 'prepare']
  expect(Object.keys(manifest.scripts).filter((name) => installing.includes(name))).toEqual([])
})

test('loading the package loads none of the heavy clients', async () => {
  const seen = `
    import { registerHooks } from 'node:module'
    const loaded = new Set()
    registerHooks({ load(url, context, next) { loaded.add(url); return next(url, context) } })
    await import('isolane'); await import('isolane/vitest')
    console.log([...loaded].join('\\n'))`
  const { stdout } = await execa('node', ['--input-type=module', '--eval', seen], { cwd: root, preferLocal: true })
  expect(stdout).toContain('/dist/index.js')
  for (const client of Object.keys(manifest.peerDependencies)) expect(stdout).not.toContain(`/node_modules/${client}/`)
})
