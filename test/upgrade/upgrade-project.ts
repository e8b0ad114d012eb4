import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Rehearsal } from '../../src/upgrade/rehearsal.ts'
import { type CliOptions, packageFolder, Sandbox } from '../cli/sandbox.ts'

const packages = ['vitest', 'pg', 'ioredis', '.bin/vitest']

/** A project with a suite that Vitest runs. */
export class UpgradeProject extends Sandbox {
  constructor(files: Readonly<Record<string, string>>) {
    super({ files: { 'vitest.config.ts': vitestConfig, ...files } })
    for (const name of packages) {
      const link = join(this.root, 'node_modules', name)
      mkdirSync(dirname(link), { recursive: true })
      symlinkSync(join(packageFolder, 'node_modules', name), link)
    }
  }

  /** `isolane upgrade …`, and what it has found. */
  async upgrade(
    args: readonly string[],
    options: CliOptions = {},
  ): Promise<{ code: number | undefined; found: Rehearsal; page: string; stderr: string }> {
    const json = join(this.base, 'found.json')
    const { code, stdout, stderr } = await this.cli(['upgrade', '--json', json, ...args], options)
    if (!existsSync(json)) throw new Error(`isolane upgrade wrote no JSON (${code})\n${stdout}${stderr}`)
    const found = JSON.parse(readFileSync(json, 'utf8')) as Rehearsal
    return { code, found, page: stdout, stderr }
  }

  /** What is in the project's folder of snapshots, unfinished ones included. */
  get snapshots(): readonly string[] {
    const folder = this.snapshotFolder
    return folder === undefined ? [] : readdirSync(folder).sort()
  }

  /** Absent: nothing was saved yet. */
  get snapshotFolder(): string | undefined {
    const folder = join(this.stateFolder, 'snapshots')
    const [project] = existsSync(folder) ? readdirSync(folder) : []
    return project === undefined ? undefined : join(folder, project)
  }
}

const vitestConfig = `import { isolane } from 'isolane/vitest'
export default { plugins: [isolane()], test: { include: ['*.test.ts'], maxWorkers: 1 } }
`
