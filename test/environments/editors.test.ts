import { parse } from 'jsonc-parser'
import { expect, test } from 'vitest'
import type { Lane } from '../../src/core/lane.ts'
import { type EditedEnvironment, vscodeSettings, vscodeTasks } from '../../src/environments/editors/vscode.ts'

const environment = (name: string, more: { protected?: boolean; lanes?: boolean } = {}): EditedEnvironment => {
  const lane: Lane = {
    id: { name, number: 1 },
    kinds: { db: 'postgres', cache: 'redis' },
    endpoints: {
      db: {
        url: '',
        version: '17',
        host: '127.0.0.1',
        port: 5432,
        user: `u_${name}`,
        password: 's3cret',
        database: name,
      },
      cache: { url: '', version: '9', host: '127.0.0.1', port: 6379, password: 's3cret' },
    },
    env: {},
  }
  const status = {
    name,
    label: name,
    protected: false,
    lanes: false,
    addresses: {},
    problems: {},
    outdated: {},
    ...more,
  }
  return { status, lane }
}

const all = [environment('dev'), environment('staging', { protected: true })]

const mine = `{
  // what I like
  "editor.tabSize": 4, // four
  "sqltools.connections": [
    // my own
    { "name": "mine", "driver": "SQLite", "database": "a.db" },
    { "name": "tta dev: db", "driver": "PostgreSQL", "server": "old" }, // isolane's
  ],
}
`

test('connections are put among the settings, and no comment is lost', () => {
  const text = vscodeSettings(mine, 'tta', all, 'settings.json')
  for (const comment of ['// what I like', '// four', '// my own', "// isolane's"]) expect(text).toContain(comment)
  const settings = parse(text, [], { allowTrailingComma: true })
  expect(settings['editor.tabSize']).toBe(4)
  expect(settings['sqltools.connections'].map(({ name }: { name: string }) => name)).toEqual([
    'mine',
    'tta dev: db',
    'tta staging: db',
  ])
  expect(settings['sqltools.connections'][1]).toMatchObject({
    server: '127.0.0.1',
    username: 'u_dev',
    askForPassword: true,
  })
  const [dev, staging] = settings['pgsql.serverGroups']
  expect([dev.name, staging.name]).toEqual(['tta dev', 'tta staging'])
  expect(dev.color).not.toBe(staging.color)
  expect(text).not.toContain('s3cret')
})

test('doing it again changes nothing, and an environment that is no more goes', () => {
  const once = vscodeSettings(mine, 'tta', all, 'settings.json')
  expect(vscodeSettings(once, 'tta', all, 'settings.json')).toBe(once)
  const fewer = vscodeSettings(once, 'tta', all.slice(0, 1), 'settings.json')
  expect(fewer).not.toContain('staging')
  expect(fewer).toContain('"mine"')
})

test("what is the user's own stays, whatever it is called, and in our entries too", () => {
  const own = `{
  "pgsql.serverGroups": [{ "id": "1", "name": "app dev" }], // my group
  "pgsql.connections": [{ "id": "2", "profileName": "app dev: db" }, { "id": "isolane-app-gone-db", "profileName": "app gone: db" }],
  "sqltools.connections": [
    // the real one
    { "name": "app production", "driver": "PostgreSQL", "server": "db.example.com" },
    { "name": "app gone: db", "group": "app gone", "driver": "PostgreSQL", "askForPassword": true },
    {
      "name": "app dev: db", // short
      "server": "old",
      "previewLimit": 50 // mine
    }
  ],
  "tasks": [
    { "label": "app build", "command": "make" }, // builds
    { "label": "app dev: cache", "command": "redis-cli" },
    { "label": "app gone: db", "args": ["isolane", "open", "gone", "db"] },
    { "label": "app dev: db", "args": ["isolane", "open", "dev", "db"], "icon": { "id": "star", "mine": 1 }, "group": "x" /* y */ }
  ]
}
`
  const edited = vscodeTasks(vscodeSettings(own, 'app', all, 'both'), 'app', all, 'both')
  for (const comment of ['// my group', '// the real one', '// short', '// mine', '// builds', '/* y */']) {
    expect(edited).toContain(comment)
  }
  const now = parse(edited)
  expect(now['pgsql.serverGroups'].slice(0, 2)).toMatchObject([{ id: '1' }, { id: 'isolane-app-dev', name: 'app dev' }])
  expect(now['pgsql.connections'].map(({ id }: { id: string }) => id)).toEqual([
    '2',
    'isolane-app-dev-db',
    'isolane-app-staging-db',
  ])
  expect(now['sqltools.connections']).toMatchObject([
    { name: 'app production', server: 'db.example.com' },
    { name: 'app gone: db' },
    { name: 'app dev: db', server: '127.0.0.1', previewLimit: 50 },
    { name: 'app staging: db' },
  ])
  expect(now.tasks).toMatchObject([
    { label: 'app build' },
    { label: 'app dev: cache', command: 'redis-cli' },
    { label: 'app dev: db', command: 'npx', icon: { id: 'database', mine: 1 }, group: 'x' },
    { label: 'app staging: db' },
    { label: 'app staging: cache' },
  ])
})

test('each service of each environment has a terminal of its colour', () => {
  const { version, tasks } = parse(vscodeTasks('', 'tta', [...all, environment('test', { lanes: true })], 'tasks.json'))
  expect(version).toBe('2.0.0')
  expect(tasks.map(({ label }: { label: string }) => label)).toContain('tta staging: cache')
  expect(new Set(tasks.map(({ icon }: { icon: { color: string } }) => icon.color)).size).toBe(3)
  expect(tasks[0].args).toEqual(['isolane', 'open', 'dev', 'db'])
})

test('a file that can not be read is left alone', () => {
  expect(() => vscodeSettings('{ "a": ', 'tta', all, 'settings.json')).toThrow(/settings.json can't be read/)
  expect(() => vscodeTasks('{ "tasks": {} }', 'tta', all, 'tasks.json')).toThrow(/"tasks" is no list/)
})
