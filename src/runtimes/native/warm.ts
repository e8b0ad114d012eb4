import { existsSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { messageOf } from '../../core/errors.ts'
import { fingerprint } from '../../core/fingerprint.ts'
import { runCommand } from './command.ts'
import { withLock } from './engines/lock.ts'
import { platform } from './engines/provided.ts'
import { openFolder, partialFolder, removeFolder } from './engines/staging.ts'
import type { Ground } from './ground.ts'
import { releasePorts, reservePorts } from './ports.ts'
import { type Setup, setupFor, title } from './setup.ts'
import { handOver } from './user.ts'
import { makeWorkplace } from './workplace.ts'

/** Left in the folder instead of a result, so that what fails is not tried at every start. */
const failureFile = 'isolane-failed'
const retryAfter = 24 * 60 * 60 * 1000

/** The folder `{warm}` stands for, made when the engine is first used. Nothing depends on its success. */
export async function warmFolder(ground: Ground, signal: AbortSignal): Promise<string | undefined> {
  const { engine, context, native } = ground
  if (!native.engine.warm) return undefined
  const parts = [native.engine.warm.key, engine.origin, platform, engine.java?.version ?? '', engine.java?.home ?? '']
  const name = `${engine.name}-${engine.version}-java${engine.java?.major ?? 0}-${fingerprint(...parts).slice(0, 12)}`
  const folder = join(context.cacheFolder, 'warm', name)
  if (!isSettled(folder)) await makeOnce(ground, folder, signal)
  return existsSync(folder) ? folder : undefined
}

async function makeOnce(ground: Ground, folder: string, signal: AbortSignal): Promise<void> {
  const { context, spec } = ground
  const begun = performance.now()
  try {
    await withLock(context.cacheFolder, folder, signal, async () => {
      if (isSettled(folder)) return
      const text = `${title(ground)} is warmed up once, which speeds up every later start`
      context.report({ kind: 'info', subject: spec.service, text })
      await make(ground, folder, signal)
      const duration = performance.now() - begun
      context.report({ kind: 'done', subject: spec.service, text: `${title(ground)} is warmed up`, duration })
    })
  } catch (error) {
    signal.throwIfAborted()
    const text = `${title(ground)} starts slower than it could: ${messageOf(error)}`
    context.report({ kind: 'warning', subject: spec.service, text })
  }
}

/** Runs the command in a workplace of its own: what it writes besides `{warm}` is no instance's data. */
async function make(ground: Ground, folder: string, signal: AbortSignal): Promise<void> {
  const { warm } = ground.native.engine
  if (!warm) return
  openFolder(dirname(folder))
  const ports = await reservePorts({ service: ground.spec.service, ports: anyPorts(ground) })
  const partial = partialFolder(dirname(folder))
  const workplace = makeWorkplace(ground.context.run, ground.spec.service, ground.user)
  try {
    handOver(partial, ground.user)
    const setup: Setup = { ...setupFor(ground, workplace, partial, ports), isWarming: true }
    await runCommand(warm.command, 'warmed up', setup, signal).catch((error: unknown) => {
      signal.throwIfAborted()
      writeFileSync(join(partial, failureFile), messageOf(error))
      throw error
    })
  } finally {
    releasePorts(ports)
    workplace.remove()
    if (existsSync(folder)) removeFolder(folder)
    if (signal.aborted) removeFolder(partial)
    else renameSync(partial, folder)
  }
}

function isSettled(folder: string): boolean {
  if (!existsSync(folder)) return false
  const failure = statSync(join(folder, failureFile), { throwIfNoEntry: false })
  return failure === undefined || Date.now() - failure.mtimeMs < retryAfter
}

function anyPorts({ spec }: Ground): Record<string, number> {
  return Object.fromEntries(Object.keys(spec.ports).map((name) => [name, 0]))
}
