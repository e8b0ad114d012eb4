/** What is published holds no one else's code, so that its own licence is all there is to tell. */
import { readdirSync, readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { join } from 'node:path'
import { unzipSync } from 'fflate'
import { expect, test } from 'vitest'
import { manifest, root } from '../../scripts/package/manifest.ts'

const dist = join(root, 'dist')

const built = readdirSync(dist, { recursive: true, encoding: 'utf8' }).map((path) => ({
  path: path.replaceAll('\\', '/'),
  read: () => readFileSync(join(dist, path)),
}))

const scripts = built.filter(({ path }) => /\.c?js$/.test(path)).map(({ read }) => read().toString())

test('all built code comes from our own source', () => {
  // The bundler puts each module's path above its code.
  const sources = scripts.flatMap((text) => [...text.matchAll(/^\/\/ (\S+\.[cm]?[jt]sx?|\S+\.json)$/gm)])
  const paths = [...new Set(sources.map(([, path]) => path ?? ''))]
  expect(paths).toContain('src/index.ts')
  expect(paths.filter((path) => !/^(src|presets)\//.test(path))).toEqual([])
})

test('what it imports is asked for in package.json', () => {
  const imports = scripts.flatMap((text) => [
    ...text.matchAll(/^(?:import|export) (?:[^'"\n]* from )?["']([^."'][^"']*)["'];$/gm),
    ...text.matchAll(/\b(?:import|require)\(["']([^."'][^"']*)["']\)/g),
  ])
  const packages = imports
    .map(([, specifier = '']) => specifier)
    .filter((specifier) => !isBuiltin(specifier))
    .map((specifier) => specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/'))
  // Jest itself answers for the second.
  const asked = ['isolane', '@jest/globals', ...Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })]
  expect(packages).toContain('jiti')
  expect([...new Set(packages)].filter((name) => !asked.includes(name))).toEqual([])
})

test('the Neo4j host brings no Java classes but its own', () => {
  const jar = built.find(({ path }) => path === 'neo4j-host.jar')
  const classes = Object.keys(unzipSync(jar?.read() ?? new Uint8Array())).filter((name) => name.endsWith('.class'))
  expect(classes).not.toEqual([])
  expect(classes.filter((name) => !name.startsWith('isolane/'))).toEqual([])
})
