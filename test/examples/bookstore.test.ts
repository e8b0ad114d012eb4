/** A suite in the wild style, on one database and one file at a time, converted by `isolane init` alone. */
import { chmodSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { long } from '../long.ts'
import { openProject, type Project } from '../vitest/project.ts'

const example = join(import.meta.dirname, '..', '..', 'examples', 'bookstore')

function exampleFiles(): Record<string, string> {
  const files = readdirSync(example, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return Object.fromEntries(
    files.map(({ parentPath, name }) => {
      const file = join(parentPath, name)
      return [file.slice(example.length + 1), readFileSync(file, 'utf8')]
    }),
  )
}

/** As `npm install` does with `"prisma": "file:tools/prisma"`. */
function installPrisma(project: Project): void {
  const modules = join(project.root, 'node_modules')
  mkdirSync(join(modules, '.bin'), { recursive: true })
  symlinkSync(join(project.root, 'tools', 'prisma'), join(modules, 'prisma'), 'dir')
  symlinkSync(join(modules, 'prisma', 'cli.js'), join(modules, '.bin', 'prisma'))
  chmodSync(join(modules, 'prisma', 'cli.js'), 0o755)
}

interface Results {
  readonly testResults: readonly { readonly startTime: number; readonly endTime: number }[]
}

/** How many files were running when most of them were. */
function mostAtOnce({ stateFolder }: Project): number {
  const file = readdirSync(stateFolder).find((name) => name.startsWith('results-')) ?? ''
  const { testResults } = JSON.parse(readFileSync(join(stateFolder, file), 'utf8')) as Results
  const running = (now: number) => testResults.filter(({ startTime, endTime }) => startTime <= now && now < endTime)
  return Math.max(...testResults.map(({ startTime }) => running(startTime).length))
}

// The first run on a machine installs Jest and Express. On Windows a link is no program.
test.skipIf(process.platform === 'win32' || long)(
  `sixty files of an Express and Prisma project pass in parallel after nothing but \`isolane init --yes\`${long}`,
  async () => {
    const files = exampleFiles()
    const suites = Object.keys(files).filter((name) => name.endsWith('.test.js'))
    expect(suites).toHaveLength(60)
    await using project = await openProject('jest-30-express', files)
    installPrisma(project)
    const scriptsOf = () => (JSON.parse(project.read('package.json')) as { scripts: Record<string, string> }).scripts
    expect(scriptsOf()).toMatchObject({ pretest: 'npm run migrate', test: 'jest --runInBand' })

    const { code, output } = await project.cli('init', '--yes')
    expect(code, output).toBe(0)
    expect(scriptsOf()).toEqual({
      start: 'node src/server.js',
      migrate: 'prisma migrate deploy',
      test: 'jest',
      'isolane:up': 'isolane up',
      'isolane:down': 'isolane down',
    })
    const changed = ['isolane.config.mjs', 'jest.config.js', 'package.json']
    expect(output).toContain(`Written: ${changed.join(', ')}`)
    for (const name of Object.keys(files)) if (!changed.includes(name)) expect(project.read(name)).toBe(files[name])

    // A machine with two cores gets one worker unless it is asked for more.
    const run = await project.run(['--maxWorkers=3'])
    expect(run.code, run.output).toBe(0)
    expect(run.passed).toHaveLength(60)
    expect(run.output).toMatch(/stack: postgres 16\.\S+ on native, shared/)
    expect(mostAtOnce(project)).toBeGreaterThan(1)
    await project.expectNothingLeft()
  },
  180_000,
)
