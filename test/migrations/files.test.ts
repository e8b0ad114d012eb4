import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, expect, test, vi } from 'vitest'
import { migrationFiles } from '../../src/core/migration-files.ts'
import { silent } from '../../src/core/report.ts'
import { runStepCommand } from '../../src/core/step-command.ts'
import { fingerprintStep, runSteps } from '../../src/core/template-steps.ts'

const base = mkdtempSync(join(tmpdir(), 'isolane-migrations-'))
afterAll(() => rmSync(base, { recursive: true, force: true }))

function folder(name: string, files: Readonly<Record<string, string>>): string {
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(base, name, file)), { recursive: true })
    writeFileSync(join(base, name, file), text)
  }
  return join(base, name)
}

/** Name, what makes the change and what takes it back, of each. */
async function read(name: string, files: Readonly<Record<string, string>>) {
  const found = await migrationFiles(folder(name, files), ['.sql'])
  return found.map(({ name, up, down }) => [name, up.text, down?.text])
}

test('files that take a migration back are no migrations, whatever they are called', async () => {
  expect(
    await read('beside', {
      '10_c.up.sql': 'c',
      '10_c.down.sql': 'not c',
      '2_b.sql': 'b',
      '2_b.DOWN.sql': 'not b',
      '1_a.sql': 'a',
      'README.md': '',
      'old/up.sql': 'is below',
    }),
  ).toEqual([
    ['1_a.sql', 'a', undefined],
    ['2_b.sql', 'b', 'not b'],
    ['10_c.up.sql', 'c', 'not c'],
  ])
})

test('a folder for each, as Diesel and Prisma have them', async () => {
  expect(
    await read('folders', {
      '2024_2/migration.sql': 'prisma',
      '2024_1/up.sql': 'diesel',
      '2024_1/down.sql': 'not diesel',
      'empty/notes.txt': '',
      'migration_lock.toml': '',
    }),
  ).toEqual([
    ['2024_1', 'diesel', 'not diesel'],
    ['2024_2', 'prisma', undefined],
  ])
})

test('both ways in one file, as dbmate, goose and sql-migrate mark them; lines stay where they are', async () => {
  const marks = { dbmate: ['migrate:up transaction:false', 'migrate:down'], goose: ['+goose Up', '+goose Down'] }
  for (const [tool, [up, down]] of Object.entries(marks)) {
    const text = `-- about it\n-- ${up}\nmake;\n-- ${down}\ntake back;\n`
    expect(await read(tool, { '1.sql': text })).toEqual([
      ['1.sql', `\n-- ${up}\nmake;\n\n\n`, `\n\n\n-- ${down}\ntake back;\n`],
    ])
  }
  expect(await read('down only', { '1.sql': 'make;\n-- +migrate Down\ntake back;' })).toEqual([
    ['1.sql', 'make;\n\n', '\n-- +migrate Down\ntake back;'],
  ])
})

test('templates are made of what makes the change alone', async () => {
  folder('template', { '1_a.sql': 'a', '1_a.down.sql': 'not a', '2_b.sql': '-- migrate:up\nb\n-- migrate:down\nnot b' })
  const ran: string[] = []
  await runSteps(
    { migrations: 'template' },
    {
      context: { name: 'any', root: base, maximumLanes: 1, report: silent, signal: new AbortController().signal },
      lane: { url: '', version: '' },
      env: {},
      extensions: ['.sql'],
      runFile: async ({ name, text }) => void ran.push(`${name}: ${text.replaceAll(/\n|--.*/g, '')}`),
    },
  )
  expect(ran).toEqual(['1_a.sql: a', '2_b.sql: b'])
  // As it was when those that take back were run too, which templates kept since then must not be used for.
  const { fingerprint } = await fingerprintStep('template', 'migrations', base)
  expect(fingerprint).not.toBe('7ae9b4fa855cac238bfa29cfb64cf087cabed52e141b88d72547d9113e79576e')
})

test.skipIf(process.platform === 'win32')(
  'a command that is called off ends with all that it has started',
  async () => {
    const ended = new AbortController()
    const running = runStepCommand({
      command: "sh -c 'echo $$ > pid.new; mv pid.new pid; exec sleep 300'; true",
      root: base,
      lane: { url: '', version: '' },
      env: {},
      signal: ended.signal,
    })
    const pid = await vi.waitUntil(
      () => existsSync(join(base, 'pid')) && Number(readFileSync(join(base, 'pid'), 'utf8')),
    )
    ended.abort(new Error('called off'))
    await expect(running).rejects.toThrow('called off')
    expect(() => process.kill(pid, 0)).toThrow('ESRCH')
  },
)
