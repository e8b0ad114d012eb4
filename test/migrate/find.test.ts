import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { resolveConfig } from '../../src/core/config-check.ts'
import { findSources, type Wanted } from '../../src/migrate/find.ts'
import { checkPorts } from '../../src/migrate/ports.ts'
import { neo4j } from '../../src/services/neo4j/index.ts'
import { postgres } from '../../src/services/postgres/index.ts'
import { redis } from '../../src/services/redis/index.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'isolane-compose-'))
})

afterEach(() => rmSync(folder, { recursive: true }))

const services = { neo4j: neo4j(), redis: redis(), postgres: postgres() }

function config(more = services) {
  const environments = { dev: {}, test: { lanes: true }, staging: { protected: true } }
  return resolveConfig({ name: 'tta', services: more, environments }, folder)
}

function write(name: string, text: string): string {
  const file = join(folder, name)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
  return file
}

/** By where each goes: its URL, and the container that has it. */
function find(files: readonly string[], more: Partial<Wanted> = {}): Record<string, unknown> {
  const sources = findSources(config(), { files, map: [], urls: [], ...more })
  return Object.fromEntries(
    sources.map(({ environment, service, url, container }) => [
      `${environment}.${service}`,
      container?.name === undefined ? url : `${url} ${container.name}`,
    ]),
  )
}

describe('compose files', () => {
  test('three of each in one file, named by their environments', () => {
    write('.env', "NEO4J_PASSWORD='from the file'\nDEV_PORT=8687\nEMPTY=\n")
    const file = write(
      'docker-compose.yml',
      `
x-postgres: &postgres
  image: postgres:\${PG_VERSION:-15}
  environment: { POSTGRES_USER: app, POSTGRES_PASSWORD: "p@ss/w:rd", POSTGRES_DB: app }
services:
  neo4j-dev:
    image: neo4j:5.26-community
    container_name: old-neo4j
    environment:
      - NEO4J_AUTH=neo4j/\${NEO4J_PASSWORD:?set it}
      - NEO4J_PLUGINS=["apoc"]
    ports: ["7474:7474", "\${DEV_PORT}:7687"]
  neo4j_testing:
    image: docker.io/library/neo4j
    environment: { NEO4J_AUTH: none }
    ports: [{ target: 7687, published: "9687", host_ip: 0.0.0.0 }]
  tta-stage-graph:
    image: neo4j:5
    environment: { NEO4J_AUTH: "neo4j/a/b$$c" }
    ports: ["127.0.0.1:10687:7687/tcp"]
  redis-dev:
    image: redis:7-alpine
    command: redis-server --requirepass \${EMPTY:-\${REDIS_PASSWORD:-a secret}} --appendonly yes
    ports: ["6379"]
  cache-test:
    image: bitnami/valkey:8
    command: [redis-server, --requirepass, "two words"]
    ports: ["\${TEST_PORT-6380}:6379"]
  cache-staging:
    image: redis
    environment: [REDIS_SECRET=inside]
    command: sh -c 'exec redis-server --requirepass "$$REDIS_SECRET"'
    ports: ["6381:6379"]
  postgres-dev: { <<: *postgres, ports: ["5433:5432"] }
  postgres-test: { <<: *postgres, ports: ["[::1]:5434:5432"] }
  db-staging:
    image: pgvector/pgvector:pg17
    env_file: [{ path: ./staging.env }]
    environment: { POSTGRES_DB: "own" }
    ports: [{ target: "5432", published: 5435, protocol: tcp }]
  commander: { image: rediscommander/redis-commander, ports: ["8081:8081"] }
  backup-dev: { image: prodrigestivill/postgres-backup-local }
  app: { build: ., ports: ["3000:3000"], command: }
`,
    )
    write('staging.env', 'POSTGRES_PASSWORD=from-env-file\nPOSTGRES_DB=other\n')
    expect(() => find([file])).toThrow(/publishes no port for 6379 of the service redis-dev/)
    expect(find([file], { map: ['redis-dev=none'] })).toEqual({
      'dev.neo4j': 'bolt://neo4j:from%20the%20file@127.0.0.1:8687 old-neo4j',
      'test.neo4j': 'bolt://127.0.0.1:9687',
      'staging.neo4j': 'bolt://neo4j:a%2Fb%24c@127.0.0.1:10687',
      'test.redis': 'redis://:two%20words@127.0.0.1:6380/0',
      'staging.redis': 'redis://:inside@127.0.0.1:6381/0',
      'dev.postgres': 'postgres://app:p%40ss%2Fw%3Ard@127.0.0.1:5433/app',
      'test.postgres': 'postgres://app:p%40ss%2Fw%3Ard@[::1]:5434/app',
      'staging.postgres': 'postgres://postgres:from-env-file@127.0.0.1:5435/own',
    })
  })

  test('a file for each, told by its name or its folder', () => {
    const text = (port: number) => `services: { redis: { image: "redis:7", ports: ["${port}:6379"] } }`
    const files = [
      write('compose.dev.yml', text(7001)),
      write('docker-compose.testing.yaml', text(7002)),
      write('staging/compose.yml', text(7003)),
    ]
    expect(find(files)).toEqual({
      'dev.redis': 'redis://127.0.0.1:7001/0',
      'test.redis': 'redis://127.0.0.1:7002/0',
      'staging.redis': 'redis://127.0.0.1:7003/0',
    })
  })

  test('what does not say where it goes is asked for', () => {
    const file = write('compose.yml', 'services: { cache: { image: redis, ports: ["7001:6379"] } }')
    expect(() => find([file])).toThrow(/cache of .* does not say which environment it is[\s\S]*--map cache=ENVIRONMENT/)
    expect(find([file], { map: ['cache=dev'] })).toEqual({ 'dev.redis': 'redis://127.0.0.1:7001/0' })
    expect(find([file], { map: ['cache=staging.redis'] })).toEqual({ 'staging.redis': 'redis://127.0.0.1:7001/0' })
    expect(() => find([file], { map: ['cache=live'] })).toThrow(/the environment "live", which the config has not/)
    expect(() => find([file], { map: ['cash=dev'] })).toThrow(/no compose file has a database cash[\s\S]*cache/)
    expect(() => find([file], { map: ['cache'] })).toThrow(/--map neo4j-a=dev/)
    expect(() => find([file], { map: ['cache=none'] })).toThrow(/There are no databases in/)
  })

  test('two never go into one place', () => {
    const file = write(
      'compose.yml',
      'services: { dev-a: { image: redis, ports: ["1:6379"] }, dev-b: { image: redis, ports: ["2:6379"] } }',
    )
    expect(() => find([file])).toThrow(/dev-a and dev-b would both go into dev\.redis[\s\S]*=none/)
    expect(find([file], { map: ['dev-b=none'], urls: ['test.redis=redis://localhost:7'] })).toEqual({
      'dev.redis': 'redis://127.0.0.1:1/0',
      'test.redis': 'redis://localhost:7',
    })
    expect(() => find([file], { map: ['dev-b=none'], urls: ['dev.redis=redis://u:secret@h:7'] })).toThrow(
      /dev-a and redis:\/\/h:7 would/,
    )
  })

  test('a password that is not said is never guessed', () => {
    const silent = [
      'dev: { image: "postgres:15", ports: ["5433:5432"] }',
      `dev: { image: "postgres:15", ports: ["5433:5432"], environment: { POSTGRES_PASSWORD: "\${NOT_SET_HERE}" } }`,
      'dev: { image: "neo4j:5", ports: ["8687:7687"] }',
      `dev: { image: redis, ports: ["7001:6379"], command: "redis-server --requirepass \${NOT_SET_HERE} --save ''" }`,
    ]
    for (const service of silent) {
      const file = write('compose.yml', `services: { ${service} }`)
      expect(() => find([file])).toThrow(/does not say what password the service dev has[\s\S]*--source/)
    }
  })

  test('what is no compose file is told so', () => {
    expect(() => find([join(folder, 'none.yml')])).toThrow(/can't be read as a compose file \(ENOENT/)
    expect(() => find([write('a.yml', 'services: [1, 2]')])).toThrow(/can't be read as a compose file/)
    expect(() => find([write('b.yml', '{ services: ')])).toThrow(/can't be read as a compose file/)
    expect(() => find([])).toThrow(/It is not said where the old databases are/)
  })
})

test('URLs', () => {
  expect(find([], { urls: ['dev.postgres=postgres://a:b=c@db:5/x?sslmode=require'] })).toEqual({
    'dev.postgres': 'postgres://a:b=c@db:5/x?sslmode=require',
  })
  expect(() => find([], { urls: ['dev.mysql=mysql://a'] })).toThrow(/has no service "mysql"/)
  expect(() => find([], { urls: ['dev.redis=nowhere'] })).toThrow(/is no URL/)
  expect(() => find([], { urls: ['live.redis=redis://a'] })).toThrow(/"live", which the config has not/)
  const production = resolveConfig({ services, environments: { production: {} } }, folder)
  expect(() => findSources(production, { files: [], map: [], urls: ['production.redis=redis://a'] })).toThrow(
    /nothing into an environment called production/,
  )
})

test('old and new can not have the same ports', () => {
  const sources = (url: string) => findSources(config(), { files: [], map: [], urls: [url] })
  const check = (url: string, more = services) => checkPorts(config(more), sources(url))
  expect(() => check('dev.redis=redis://:secret@localhost')).toThrow(
    /new redis would answer on port 6379, where the old one still does: dev redis at redis:\/\/localhost: .*redis\({ port: 16379 }\)/,
  )
  expect(() => check('staging.neo4j=bolt://127.0.0.1:8687')).toThrow(/new neo4j would answer on port 8687/)
  expect(() => check('dev.postgres=postgres://db.example:5432/a')).not.toThrow()
  expect(() => check('dev.redis=redis://127.0.0.1', { ...services, redis: redis({ port: 16_379 }) })).not.toThrow()
})
