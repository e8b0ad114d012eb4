import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '..', '..')
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  exports: Record<string, string | { types: string; default: string }>
  bin: Record<string, string>
  peerDependencies: Record<string, string>
}

async function packed(): Promise<string[]> {
  const { stdout } = await execa('npm', ['pack', '--dry-run', '--json'], { cwd: root })
  const [{ files }] = JSON.parse(stdout) as [{ files: { path: string }[] }]
  return files.map(({ path }) => path)
}

test('every entry is built, with its types, and packed', async () => {
  const files = await packed()
  const entries = Object.values(manifest.exports).flatMap((entry) =>
    typeof entry === 'string' ? [entry] : Object.values(entry),
  )
  for (const entry of [...entries, ...Object.values(manifest.bin)]) {
    expect(existsSync(join(root, entry)), entry).toBe(true)
    expect(files).toContain(entry.replace(/^\.\//, ''))
  }
})

test('nothing but the build, the licence and the texts is packed', async () => {
  const strangers = (await packed()).filter(
    (path) => !/^(dist\/|package\.json$|README\.md$|CHANGELOG\.md$|LICENSE$)/.test(path),
  )
  expect(strangers).toEqual([])
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
