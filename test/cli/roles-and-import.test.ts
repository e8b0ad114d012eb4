import { createRequire } from 'node:module'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { freePort } from '../durability/free-port.ts'
import { long } from '../long.ts'
import { config, Sandbox } from './sandbox.ts'

/** A program that counts rows. */
const counting = [
  process.execPath,
  '-e',
  `const { Client } = require(${JSON.stringify(createRequire(import.meta.url).resolve('pg'))})
  const client = new Client(process.env.DATABASE_URL)
  client.connect().then(() => client.query('SELECT count(*) FROM item')).then(({ rows }) => console.log(rows[0].count)).then(() => client.end())`,
]

test.skipIf(long)(
  `users are listed and get new passwords, and SQLite files are taken over${long}`,
  async () => {
    const options = `{ port: ${await freePort()}, roles: ['app', 'readonly'] }`
    const environments = `name: 'tta', environments: { dev: {}, staging: { protected: true } }`
    const files = { 'isolane.config.ts': config(`postgres: postgres(${options})`, environments) }
    await using project = new Sandbox({ files })
    const none = await project.cli(['roles'])
    expect(none).toMatchObject({ code: 3, stderr: expect.stringContaining('STACK_NOT_UP') })
    expect(await project.cli(['up'])).toMatchObject({ code: 0 })
    const url = async () => (await project.cli(['exec', '--env', 'dev', '--', 'printenv', 'DATABASE_URL'])).stdout

    const before = await url()
    const listed = await project.cli(['roles', 'list', 'dev'])
    expect(listed.stdout).toMatch(/dev +postgres +readonly +postgresql:\/\/tta_dev_readonly:\*\*\*@/)
    expect(listed.stdout).not.toContain('staging')
    const rotated = await project.cli(['roles', 'rotate', 'dev', '--role', 'app'])
    expect(rotated.stdout).toMatch(/^New passwords in dev for app of postgres\n\nPrograms .* `isolane env files`/)
    const after = await url()
    expect(after).not.toBe(before)
    expect(rotated.stdout + rotated.stderr).not.toContain(new URL(after).password)
    const unknown = await project.cli(['roles', 'rotate', 'dev', '--role', 'ap'])
    expect(unknown).toMatchObject({ code: 1, stderr: expect.stringContaining('choose from owner, app, readonly') })

    const database = new DatabaseSync(join(project.root, 'app.db'))
    database.exec(`CREATE TABLE item (id INTEGER PRIMARY KEY, done BOOLEAN DEFAULT 0); INSERT INTO item VALUES (1, 0), (5, 1);
    CREATE VIEW all_items AS SELECT * FROM item`)
    database.close()
    const into = (...args: string[]) => project.cli(['import', 'sqlite', 'app.db', '--into', 'postgres', ...args])
    const dry = await into('--dry-run')
    expect(dry.stdout).toContain('Nothing was changed in dev, postgres: 1 table with 2 rows of app.db would be there')
    const imported = await into()
    expect(imported).toMatchObject({ code: 0, stderr: '' })
    expect(imported.stdout).toMatch(
      /^item +2 +id integer, done boolean\n\nNot taken over: view all_items\n\nImported /m,
    )
    expect(await into()).toMatchObject({ code: 1, stderr: expect.stringContaining('use --replace') })
    expect(await into('--replace')).toMatchObject({ code: 5, stderr: expect.stringContaining('no terminal to ask on') })
    const titles = async () => (await project.cli(['exec', '--env', 'dev', '--', ...counting])).stdout
    expect(await into('--dry-run', '--replace')).toMatchObject({ code: 0 })
    database.open()
    database.exec('INSERT INTO item VALUES (6, 1)')
    database.close()
    const replaced = await into('--replace', '--yes')
    expect(replaced.stdout).toMatch(
      /Replaced: item[\s\S]*What was there before is the snapshot before-import-dev-\S+; this undoes it:/,
    )
    expect(await titles()).toBe('3')
    expect(await project.cli(['undo', 'dev', '--yes'])).toMatchObject({ code: 0, stderr: '' })
    expect(await titles()).toBe('2')
    const refused = await into('--replace', '--env', 'staging')
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('ISOLANE_ENVIRONMENT_PROTECTED') })
    expect(await into('--service', 'orders')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('from postgres'),
    })
    expect(await project.cli(['down', '--data', '--yes'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('staging is protected'),
    })
    const variant = await project.cli(['down', '--data'], { env: { ISOLANE_VERSIONS: 'postgres=15' } })
    expect(variant).toMatchObject({ code: 0, stdout: expect.stringMatching(/^No data were (kept|found)/) })
    expect(await project.cli(['down'])).toMatchObject({ code: 0 })

    const open = `name: 'tta', environments: { dev: {}, staging: {} }`
    project.write('isolane.config.ts', config(`postgres: postgres(${options})`, open))
    expect(await project.cli(['down', '--data', '--yes'])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^removed /),
    })
    const { value } = await project.json(['undo', '--list', '--json'])
    expect(value).toMatchObject([
      { act: 'remove', environment: 'staging', outcome: 'done' },
      { act: 'remove', environment: 'dev', outcome: 'done' },
      { act: 'undo', outcome: 'done' },
      { act: 'import', environment: 'dev', snapshot: expect.stringContaining('before-import-dev'), outcome: 'done' },
      { act: 'import', from: join(project.root, 'app.db'), outcome: 'ISOLANE_MIGRATE_FAILED' },
      { act: 'import', environment: 'dev', outcome: 'done' },
    ])
  },
  240_000,
)
