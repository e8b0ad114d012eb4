import { join } from 'node:path'
import type { Command } from 'commander'
import { nativeTools } from '../builtin.ts'
import type { InstanceSpec } from '../core/contracts.ts'
import { cacheFolder, stateFolder } from '../core/folders.ts'
import type { Report } from '../core/report.ts'
import { Run } from '../core/run.ts'
import { table } from '../core/table.ts'
import { defineEngine, trialSpec } from './engine-spec.ts'
import { projectConfig } from './project.ts'
import { endOnSignals } from './signals.ts'
import { clearProgress, terminalReport } from './terminal-report.ts'

export function addInstall(program: Command): void {
  program
    .command('install')
    .description('provide engines ahead of need, e.g. when a CI image is built')
    .argument(
      '[engines...]',
      "NAME or NAME@VERSION, e.g. postgres@17 valkey neo4j@5.26; those of the project's config when left out",
    )
    .option('--list', 'only show the engines in the cache', false)
    .action((names: string[], options: { list: boolean }, command: Command) =>
      options.list ? list() : install(names, command),
    )
}

async function install(names: readonly string[], command: Command): Promise<void> {
  const { signal, finish } = endOnSignals()
  const specs = names.length > 0 ? await namedSpecs(names, signal) : await specsOfConfig(command, signal)
  const run = new Run(join(stateFolder(), 'runs'), process.cwd())
  const report = terminalReport()
  try {
    for (const spec of unique(specs)) {
      const outcome = await provide(spec, run, report, signal)
      clearProgress()
      process.stdout.write(`${outcome}\n`)
    }
  } finally {
    run.end()
    finish()
  }
}

/**
 * Provides an engine, then starts it once and stops it: that proves that it runs on this machine, and leaves in the
 * cache what makes later starts fast (an initialised data folder, a class-data archive).
 */
async function provide(spec: InstanceSpec, run: Run, report: Report, signal: AbortSignal): Promise<string> {
  if (!spec.native) return `${spec.service}: needs no engine`
  const { createNativeRuntime, installEngine } = await nativeTools()
  const context = { run, cacheFolder: cacheFolder(), report }
  const engine = await installEngine(spec.native.engine, { ...context, signal })
  report({ kind: 'progress', subject: spec.service, text: `trying ${engine.name} ${engine.version}` })
  const instance = await createNativeRuntime(context).start(spec, { signal })
  await instance[Symbol.asyncDispose]()
  const java = engine.java ? `, with Java ${engine.java.version}` : ''
  return `${engine.name} ${engine.version} is installed and starts: ${instance.origin}${java}`
}

async function namedSpecs(names: readonly string[], signal: AbortSignal): Promise<InstanceSpec[]> {
  const definitions = await Promise.all(names.map(defineEngine))
  return definitions.map((definition) => trialSpec(definition.service.kind, definition, process.cwd(), signal))
}

async function specsOfConfig(command: Command, signal: AbortSignal): Promise<InstanceSpec[]> {
  const config = await projectConfig(command)
  return Object.entries(config.services).map(([name, definition]) => trialSpec(name, definition, config.root, signal))
}

/** Two services may run on one engine. */
function unique(specs: readonly InstanceSpec[]): InstanceSpec[] {
  return [...new Map(specs.map((spec) => [JSON.stringify(spec.native?.engine ?? spec.service), spec])).values()]
}

async function list(): Promise<void> {
  const { listEngines } = await nativeTools()
  const rows = listEngines(cacheFolder()).map(({ folder, record }) => [
    record.name,
    record.version,
    record.source,
    folder,
  ])
  if (rows.length === 0) process.stdout.write(`No engine is in the cache ${cacheFolder()}.\n`)
  else process.stdout.write(`${table(['engine', 'version', 'package', 'folder'], rows)}\n`)
}
