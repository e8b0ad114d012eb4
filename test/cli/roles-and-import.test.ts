import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { freePort } from '../durability/free-port.ts'
import { long } from '../long.ts'
import { config, Sandbox } from './sandbox.ts'

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
    expect((await into('--replace')).stdout).toContain('Replaced: item')
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
    expect(await project.cli(['down'])).toMatchObject({ code: 0 })
  },
  120_000,
)
