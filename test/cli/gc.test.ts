import { expect, test } from 'vitest'
import { postgresProject, Sandbox } from './sandbox.ts'

test('gc shows what a killed stack left, then removes it', async () => {
  await using sandbox = new Sandbox({ files: postgresProject() })
  const nothing = await sandbox.cli(['gc'])
  expect(nothing).toMatchObject({ code: 0, stdout: 'Nothing was left behind.' })

  const up = sandbox.start(['up', '--foreground'])
  await up.says(/is ready/)
  await expect.poll(async () => (await sandbox.cli(['status'])).code).toBe(0)
  expect(await sandbox.cli(['gc'])).toMatchObject({ code: 0, stdout: 'Nothing was left behind.' })
  await up.kill()
  expect(sandbox.leftovers.processes()).not.toEqual([])

  const { code, stdout } = await sandbox.cli(['gc'])
  expect(code).toBe(0)
  const lines = stdout.split('\n')
  const shown = lines.filter((line) => line.startsWith('  ')).join('\n')
  const removed = lines.filter((line) => line.startsWith('removed ')).join('\n')
  for (const what of [/process|postgres 15/, /\/dev\/shm|tmp/, /lanes-[0-9a-f]+/, /record of a dead stack/]) {
    expect(shown).toMatch(what)
    expect(removed).toMatch(what)
  }
  await sandbox.expectNothingLeft()
})

test('with --quiet it removes without a word', async () => {
  await using sandbox = new Sandbox({ files: postgresProject() })
  const up = sandbox.start(['up', '--foreground'])
  await up.says(/is ready/)
  await up.kill()
  expect(await sandbox.cli(['gc', '--quiet'])).toMatchObject({ code: 0, stdout: '', stderr: '' })
  await sandbox.expectNothingLeft()
})
