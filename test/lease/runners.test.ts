/** The example of other runners, run by them as its README says. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { long } from '../long.ts'
import type { Project } from '../vitest/project.ts'
import { exampleFolder, openExample } from './example.ts'

let project: Project

beforeAll(async () => {
  project = await openExample()
})

afterAll(async () => {
  await project?.[Symbol.asyncDispose]()
})

const runs = [
  {
    name: 'node:test',
    command: () => ['--test', '--import', './node-test/lane.ts', 'node-test/*.test.ts'],
    passes: /pass 4$/m,
    alone: '',
  },
  {
    name: 'Mocha, in parallel',
    command: () => [project.file('mocha', 'bin', 'mocha.js')],
    passes: /4 passing/,
    alone: long,
  },
  {
    name: 'Playwright',
    command: () => [project.file('@playwright', 'test', 'cli.js'), 'test'],
    passes: /3 passed/,
    alone: long,
  },
]

describe.each(runs)('$name', ({ command, passes, alone }) => {
  test.skipIf(long)(`on one stack, by \`isolane exec\`${long}`, async () => {
    const { code, output } = await project.cli('exec', '--', process.execPath, ...command())
    expect(code, output).toBe(0)
    expect(output).toMatch(passes)
    expect(output.match(/is ready/g)).toHaveLength(1)
    await project.expectNothingLeft()
  })

  test.skipIf(alone)(`alone, on a stack that ends with its last process${alone}`, async () => {
    const { code, output } = await project.node(command())
    expect(code, output).toBe(0)
    expect(output).toMatch(passes)
    await project.expectNothingLeft()
  })
})

test('Mocha in one process has one lane', async () => {
  const { code, output } = await project.node([project.file('mocha', 'bin', 'mocha.js'), '--no-parallel'])
  expect(code, output).toBe(0)
  expect(output).toMatch(/4 passing/)
  await project.expectNothingLeft()
})

test('a Python script finds its lane in the environment, clean each time', async () => {
  for (const _ of ['first', 'second']) {
    const { code, output } = await project.cli('exec', '--', 'python3', 'scripts/sign.py')
    expect(code, output).toBe(0)
    expect(output).toMatch(/^found \[\]\nleft \['Ada'\] in lane-\d+$/m)
  }
  await project.expectNothingLeft()
})

test('a script leases a lane for itself', async () => {
  const { code, output } = await project.node(['scripts/fill.ts'])
  expect({ code, output }).toEqual({ code: 0, output: '2 guests in lane-1\n' })
  await project.expectNothingLeft()
})

test.skipIf(long)(`Playwright's fixtures are typed${long}`, async () => {
  const tsc = join(import.meta.dirname, '..', '..', 'node_modules', 'typescript', 'bin', 'tsc')
  const { stdout } = await execa(process.execPath, [tsc, '--project', project.root], { reject: false })
  expect(stdout).toBe('')
})

describe('docs/other-runners.md', () => {
  const page = readFileSync(join(exampleFolder, '..', '..', 'docs', 'other-runners.md'), 'utf8')
  const snippets = [...page.matchAll(/```(?:ts|json)\n\/\/ (\S+)\n([\s\S]*?)```/g)].map(([, file = '', text = '']) => ({
    file,
    text,
  }))

  test('has a snippet for each way', () => {
    expect(snippets.map(({ file }) => file)).toEqual([
      'scripts/fill.ts',
      'node-test/lane.ts',
      'mocha/lane.ts',
      '.mocharc.json',
      'playwright/fixtures.ts',
    ])
  })

  test.each(snippets)('shows $file as it is', ({ file, text }) => {
    const lines = readFileSync(join(exampleFolder, file), 'utf8')
    for (const part of text.split('\n\n')) expect(lines).toContain(part.trim())
  })

  test('its commands are those of the example', () => {
    const readme = readFileSync(join(exampleFolder, 'README.md'), 'utf8')
    for (const [command] of readme.matchAll(/^npx isolane exec .*$/gm)) expect(page).toContain(command)
  })
})
