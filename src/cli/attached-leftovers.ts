import { join } from 'node:path'
import type { Command } from 'commander'
import { runtimes } from '../builtin.ts'
import type { ResolvedConfig } from '../core/config.ts'
import { findConfigFile } from '../core/config-file.ts'
import type { Runtime } from '../core/contracts.ts'
import { messageOf } from '../core/errors.ts'
import { cacheFolder, stateFolder } from '../core/folders.ts'
import type { Report } from '../core/report.ts'
import { Run } from '../core/run.ts'
import { RuntimeSet } from '../core/runtime-choice.ts'
import { newCredentials } from '../core/service-host.ts'
import { projectConfig, projectFolder } from './project.ts'

/**
 * Removes what dead runs left inside the servers that the project attaches to.
 * @returns whether all of them could be visited
 */
export async function removeAttachedLeftovers(command: Command, report: Report): Promise<boolean> {
  if (!findConfigFile(projectFolder(command))) return true
  const config = await projectConfig(command)
  const attached = Object.keys(config.services).filter((name) => config.runtime[name] === 'attach')
  if (attached.length === 0) return true
  const run = new Run(join(stateFolder(), 'runs'), config.root)
  try {
    const runtime = await new RuntimeSet(runtimes, { run, cacheFolder: cacheFolder(), report }).get('attach')
    const visits = attached.map((name) =>
      visit(config, name, runtime, report).then(
        () => true,
        (error: unknown) => {
          report({ kind: 'warning', subject: name, text: messageOf(error) })
          return false
        },
      ),
    )
    return (await Promise.all(visits)).every((visited) => visited)
  } finally {
    run.end()
  }
}

/** Sessions on servers that are not ours begin by removing what others have left there. */
async function visit(config: ResolvedConfig, name: string, runtime: Runtime, report: Report): Promise<void> {
  const definition = config.services[name]
  if (!definition) return
  const { service, options } = definition
  const { signal } = new AbortController()
  const context = { name, root: config.root, maximumLanes: 1, report, signal }
  const spec = service.spec(options, { ...context, credentials: newCredentials(), environment: process.env })
  const instance = await runtime.start(spec, { signal })
  const session = await service.open(instance, options, context)
  await session[Symbol.asyncDispose]()
}
