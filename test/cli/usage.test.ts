import { join } from 'node:path'
import { expect, test } from 'vitest'
import { packageFolder, postgresProject, readText, Sandbox } from './sandbox.ts'

test('a line that is not understood exits with 2 and shows the help', async () => {
  await using sandbox = new Sandbox({ files: postgresProject() })
  const lines = [['fly'], ['up', '--workers', 'many'], ['up', '--workers', '0'], ['status', '--yaml'], ['exec'], []]
  const results = await Promise.all(lines.map((line) => sandbox.cli(line)))
  expect(results.map(({ code }) => code)).toEqual(lines.map(() => 2))
  expect(results[0]?.stderr).toMatch(/^error: unknown command 'fly'/)
  expect(results[1]?.stderr).toMatch(/argument 'many' is invalid. It must be a whole number above 0/)
  for (const { stderr } of results) expect(stderr).toContain('Usage: isolane')
})

test('help and version go to standard output', async () => {
  await using sandbox = new Sandbox()
  const [help, version] = await Promise.all([sandbox.cli(['--help']), sandbox.cli(['--version'])])
  const { version: current } = JSON.parse(readText(join(packageFolder, 'package.json'))) as { version: string }
  expect(version).toMatchObject({ code: 0, stdout: current })
  expect(help.code).toBe(0)
  for (const command of ['up', 'down', 'status', 'exec', 'init', 'install', 'doctor', 'gc', 'logs']) {
    expect(help.stdout).toMatch(new RegExp(`^  ${command}\\b`, 'm'))
  }
})

test('`--root` stands before the command or behind it', async () => {
  await using sandbox = new Sandbox({ files: postgresProject() })
  const lines = [
    ['-C', '/', 'status'],
    ['status', '-C', '/'],
    ['exec', '--root', '/', '--', 'true'],
  ]
  for (const { code, stderr } of await Promise.all(lines.map((line) => sandbox.cli(line)))) {
    expect(stderr).toMatch(/There is no isolane\.config\.ts in \S+ or above it: .*\[ISOLANE_CONFIG_NOT_FOUND\]/)
    expect(code).toBe(1)
  }
})
