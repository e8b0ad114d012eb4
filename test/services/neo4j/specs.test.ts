import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { buildHost } from '../../../neo4j-host/build.ts'
import type { EnvironmentId } from '../../../src/core/contracts.ts'
import { silent } from '../../../src/core/report.ts'
import { quoted } from '../../../src/services/neo4j/bolt/quoted.ts'
import { environmentDatabase } from '../../../src/services/neo4j/environments/database.ts'
import { type Neo4jOptions, neo4j } from '../../../src/services/neo4j/index.ts'
import { environmentId } from './environments/fixture.ts'

beforeAll(() => buildHost(join(import.meta.dirname, '../../../dist/neo4j-host.jar')))

function specOf(
  options: Neo4jOptions,
  environment: Record<string, string> = {},
  root = import.meta.dirname,
  environments?: readonly EnvironmentId[],
) {
  const { service, options: checked } = neo4j(options)
  const credentials = { username: 'admin', password: 'a-stacks-secret' }
  const signal = new AbortController().signal
  return service.spec(checked, {
    name: 'graph',
    root,
    maximumLanes: 3,
    report: silent,
    signal,
    credentials,
    environment,
    ...(environments ? { environments } : {}),
  })
}

test('environments have the usual ports, 1,000 apart; lanes any free ones, and none of what lasts', () => {
  const ids = [environmentId('dev', 0), environmentId('staging', 2)]
  const { ports, durable, native, container } = specOf({}, {}, undefined, ids)
  expect(durable).toBe(true)
  expect(ports).toEqual({ control: 0, 'bolt-0': 7687, 'http-0': 7474, 'bolt-2': 9687, 'http-2': 9474 })
  expect(specOf({ port: 9000 }, {}, undefined, ids).ports).toMatchObject({ 'bolt-2': 11_000, 'http-2': 0 })
  expect(specOf({ port: 9000, httpPort: 80 }, {}, undefined, ids).ports).toMatchObject({ 'http-0': 80, 'http-2': 2080 })
  expect(native?.serve.arguments).toEqual(
    expect.arrayContaining(['--data={data}', '--environments={data}/environments', '--lanes={private}/lanes']),
  )
  expect(container?.ports).toMatchObject({ 'bolt-0': 17_687, 'http-2': 17_476, 'lane-1': 7687 })
  expect(container?.published).toBeUndefined()
  expect(container?.command).toEqual(expect.arrayContaining(['--environments=/data/environments']))
  expect(specOf({}).durable).toBeUndefined()
})

test.each([
  ['tta-dev', 'tta-dev'],
  ['My_App-dev', 'my-app-dev'],
  ['1-dev', 'db-1-dev'],
])('the environment %s has the database %s', (label, database) => {
  expect(environmentDatabase({ label })).toBe(database)
})

test('a container has a port for each lane, for the template and for us; no secret stands in its arguments', () => {
  const { container } = specOf({ version: '5.26.16' })
  expect(container).toMatchObject({
    image: 'neo4j:5.26.16',
    ports: { control: 7685, template: 7686, 'lane-1': 7687, 'lane-2': 7688, 'lane-3': 7689 },
  })
  expect([...(container?.entrypoint ?? []), ...(container?.command ?? [])].join(' ')).not.toMatch(/secret|password/)
  expect(specOf({ image: 'registry.example/neo4j:5.26', port: 9000 }).container).toMatchObject({
    image: 'registry.example/neo4j:5.26',
    published: { 'lane-1': 9000, 'lane-2': 9001, 'lane-3': 9002 },
  })
})

test('plugins by name are packages for processes; for containers, the image provides them', () => {
  const { native, container } = specOf({ plugins: ['apoc', 'graph-data-science'] })
  expect(native?.additions?.map(({ name, version }) => `${name} ${version}`)).toEqual([
    'apoc 5.26',
    'apoc-common 5.26',
    'graph-data-science 2.13',
    'graph-data-science-extension 2.13',
  ])
  expect(container?.command).toContain('--plugins=/var/lib/neo4j/plugins')
  expect(container?.environment).toMatchObject({ NEO4J_PLUGINS: '["apoc","graph-data-science"]' })
  const newer = specOf({ version: '2026', plugins: ['graph-data-science'] })
  expect(newer.native?.additions?.map(({ packages }) => packages)).toEqual([[], []])
  expect(newer.container?.environment).toMatchObject({ NEO4J_PLUGINS: '["graph-data-science"]' })
})

test('4.4 runs on Java 17, as local processes alone', () => {
  const { native, container, noContainer } = specOf({ version: '4.4' })
  expect(native?.engine).toMatchObject({ version: '4.4', java: { minimum: 17, maximum: 17 } })
  expect([container, noContainer]).toEqual([undefined, expect.stringContaining('Java 11')])
  expect(specOf({}).native?.engine.java).not.toHaveProperty('maximum')
})

test('a folder of plugins is copied into a container', () => {
  const root = mkdtempSync(join(tmpdir(), 'isolane-neo4j-plugins-'))
  writeFileSync(join(root, 'mine.jar'), '')
  const { container } = specOf({ plugins: '.' }, {}, root)
  expect(container?.files).toMatchObject({ '/var/lib/neo4j/plugins/mine.jar': { source: join(root, 'mine.jar') } })
  rmSync(root, { recursive: true })
})

test('the licence of Enterprise is the user’s to accept', () => {
  const image = 'neo4j:5.26-enterprise'
  expect(() => specOf({ image })).toThrow(/only you can accept.*NEO4J_ACCEPT_LICENSE_AGREEMENT=yes/)
  expect(() => specOf({ image }, { NEO4J_ACCEPT_LICENSE_AGREEMENT: 'no' })).toThrow(/only you can accept/)
  const accepted = specOf({ image }, { NEO4J_ACCEPT_LICENSE_AGREEMENT: 'eval' })
  expect(accepted).toMatchObject({ container: { image, environment: { NEO4J_ACCEPT_LICENSE_AGREEMENT: 'eval' } } })
  expect(accepted.native).toBeUndefined()
  expect(specOf({ acceptLicense: 'yes' }).container).toMatchObject({ image, ports: { bolt: 7687 } })
  expect(specOf({ acceptLicense: 'yes', port: 9000, plugins: ['apoc'] })).toMatchObject({
    ports: { bolt: 9000 },
    container: { environment: { NEO4J_ACCEPT_LICENSE_AGREEMENT: 'yes', NEO4J_PLUGINS: '["apoc"]' } },
  })
})

test('a server is attached to by its URL or by the usual variables', () => {
  expect(neo4j({ url: 'neo4j+s://host.example' }).runtime).toBe('attach')
  expect(neo4j().runtime).toBeUndefined()
  expect(specOf({ url: 'neo4j+s://a%40b:p%2Fw@host.example:7777' }).attach).toEqual({
    url: 'neo4j+s://a%40b:p%2Fw@host.example:7777',
    host: 'host.example',
    ports: { bolt: 7777 },
    credentials: { username: 'a@b', password: 'p/w' },
  })
  expect(specOf({}, { NEO4J_URI: 'bolt://[::1]', NEO4J_USERNAME: 'ana', NEO4J_PASSWORD: 'word' }).attach).toMatchObject(
    {
      host: '::1',
      ports: { bolt: 7687 },
      credentials: { username: 'ana', password: 'word' },
    },
  )
  expect(specOf({}).attach).toBeUndefined()
})

test.each([
  [{ url: 'http://host:7474' }, /option "url" is invalid: Expected a URL such as neo4j:\/\//],
  [{ url: 'bolt://' }, /option "url" is invalid/],
  [{ plugins: ['gds'] }, /names of plugins: apoc, graph-data-science/],
  [{ acceptLicense: true }, /Expected "yes" or "eval"/],
])('%j is refused', (options, message) => {
  expect(() => neo4j(options as Neo4jOptions)).toThrow(message)
})

test('a name can not end its quotes', () => {
  expect(quoted('plain')).toBe('`plain`')
  expect(quoted('a`b``c')).toBe('`a``b````c`')
  expect(quoted('a\\u0060b\\n')).toBe('`a\\u005Cu0060b\\n`')
  expect(() => quoted('')).toThrow(TypeError)
})
