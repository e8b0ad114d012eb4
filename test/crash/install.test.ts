import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Sandbox } from '../cli/sandbox.ts'
import { long } from '../long.ts'

/** From the first file in the cache to the engine's last. */
const killPoints = [0, 300, 900]

test.skipIf(long).each(killPoints)(
  `an install killed %i ms after it began to download leaves nothing half made${long}`,
  async (point) => {
    await using sandbox = new Sandbox({ ownCache: true })
    const engines = join(sandbox.cacheFolder, 'engines')
    const install = sandbox.start(['install', 'valkey@9'])
    await install.says(/providing valkey 9 from/)
    await Promise.race([install.ended, new Promise((resolve) => setTimeout(resolve, point))])
    await install.kill()

    expect((await sandbox.cli(['gc', '--yes'])).code).toBe(0)
    await sandbox.expectNothingLeft()
    const whole = existsSync(engines) ? readdirSync(engines) : []
    expect(whole.filter((name) => !/^valkey-9\.\d+\.\d+-/.test(name))).toEqual([])

    const again = await sandbox.cli(['install', 'valkey@9'])
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('is installed and starts') })
    await sandbox.expectNothingLeft()
  },
)

test('two installs of one engine at once install it once', async () => {
  await using sandbox = new Sandbox({ ownCache: true })
  const results = await Promise.all([sandbox.cli(['install', 'valkey@9']), sandbox.cli(['install', 'valkey@9'])])
  expect(results.map(({ code }) => code)).toEqual([0, 0])
  expect(results.filter(({ stderr }) => stderr.includes('providing'))).toHaveLength(1)
  await sandbox.expectNothingLeft()
})
