import type { EngineSpec, InstanceSpec, RuntimeContext, StartOptions } from '../../core/contracts.ts'
import { IsolaneError, isIsolaneError, messageOf } from '../../core/errors.ts'
import { startAborted } from '../../core/start-aborted.ts'
import { runCommand } from './command.ts'
import { cacheError } from './engines/cache-errors.ts'
import { isDamaged, type ProvidedEngine, provideEngine } from './engines/index.ts'
import { fillKept } from './fill-kept.ts'
import type { Ground } from './ground.ts'
import { fillInitialised } from './initialised.ts'
import { NativeInstance } from './instance.ts'
import { claimData } from './kept-data.ts'
import { releasePorts, reservePorts } from './ports.ts'
import { reachableEngine } from './reachable.ts'
import { copySaved, discardSaved, savedFolder, touchSaved } from './saved.ts'
import { AddressInUse, serve } from './serve.ts'
import { type Setup, setupFor } from './setup.ts'
import { serverUser } from './user.ts'
import { warmFolder } from './warm.ts'
import { makeWorkplace, type Workplace } from './workplace.ts'

const portAttempts = 5

interface Saved {
  readonly key: string
  readonly folder: string
}

/** Starts one server, from a saved state where one is asked for and there. */
export async function start(
  spec: InstanceSpec,
  options: StartOptions,
  context: RuntimeContext,
): Promise<NativeInstance> {
  try {
    options.signal.throwIfAborted()
    return await startWithWholeEngine(spec, options, context)
  } catch (error) {
    throw options.signal.aborted ? startAborted(spec, options.signal) : cacheError(error, context.cacheFolder)
  }
}

/** A start takes only a quick look at its engine. When it fails, a second look may show why, and mend it. */
async function startWithWholeEngine(
  spec: InstanceSpec,
  options: StartOptions,
  context: RuntimeContext,
): Promise<NativeInstance> {
  const ground = await findGround(spec, options, context, 'quick')
  try {
    return await startFromSaved(ground, options)
  } catch (error) {
    if (!isIsolaneError(error, 'ISOLANE_START_FAILED') || !isDamaged(ground.engine)) throw error
    return startFromSaved(await findGround(spec, options, context, 'thorough'), options)
  }
}

/** Whom a server will stand on: its engine, found or provided. @throws ISOLANE_RUNTIME_UNSUPPORTED */
export async function findGround(
  spec: InstanceSpec,
  { signal }: Pick<StartOptions, 'signal'>,
  context: RuntimeContext,
  look: 'quick' | 'thorough',
): Promise<Ground> {
  const { native } = spec
  if (!native) throw unsupported(spec)
  const user = serverUser(native.refusesRoot)
  const provide = (wanted: EngineSpec) => provideEngine(wanted, { ...context, signal }, { user, look })
  const engine = await provide(native.engine)
  const additions: ProvidedEngine[] = []
  for (const addition of native.additions ?? []) additions.push(await provide(addition))
  return { context, spec, native, engine, additions, user }
}

/** A saved state that its server does not accept is thrown away, not a reason to fail. */
async function startFromSaved(ground: Ground, { from, keep, signal }: StartOptions): Promise<NativeInstance> {
  // What people work on is never made of what test runs have left.
  if (ground.spec.durable && keep !== undefined) return startInWorkplace(ground, signal, { keep })
  const folder = from !== undefined && ground.native.save ? savedFolder(ground, from) : undefined
  if (from === undefined || folder === undefined || !touchSaved(folder)) return startInWorkplace(ground, signal)
  try {
    return await startInWorkplace(ground, signal, { saved: { key: from, folder } })
  } catch (error) {
    // It may also have been pruned while it was copied.
    const isRefused =
      isIsolaneError(error, 'ISOLANE_START_FAILED') || (error as NodeJS.ErrnoException).code === 'ENOENT'
    if (signal.aborted || !isRefused || isDamaged(ground.engine)) throw error
    const text = `the saved state in ${folder} did not start and is made again (${messageOf(error).split('\n')[0]})`
    ground.context.report({ kind: 'warning', subject: ground.spec.service, text })
    discardSaved(folder)
    return startInWorkplace(ground, signal)
  }
}

async function startInWorkplace(
  ground: Ground,
  signal: AbortSignal,
  { saved, keep }: { readonly saved?: Saved; readonly keep?: string } = {},
): Promise<NativeInstance> {
  const warm = await warmFolder(ground, signal)
  const kept = keep === undefined ? undefined : await claimData(ground, keep)
  const workplace = makeWorkplace(ground.context.run, ground.spec.service, ground.user, kept)
  try {
    const engine = await reachableEngine(ground, workplace)
    const reachable = { ...ground, engine }
    await fillData(setupFor(reachable, workplace, warm), signal, saved)
    for (let attempt = 1; ; attempt += 1) {
      const instance = await startOnPorts(reachable, workplace, warm, signal, saved)
      if (instance) return instance
      if (attempt === portAttempts) throw portsKeepBeingTaken(ground.spec)
    }
  } catch (error) {
    workplace.remove()
    throw error
  }
}

async function fillData(setup: Setup, signal: AbortSignal, saved: Saved | undefined): Promise<void> {
  const { native, workplace } = setup
  if (workplace.keep !== undefined) return fillKept(setup, signal)
  if (!saved || !native.save?.paths.includes('.')) await fillInitialised(setup, signal)
  if (saved && native.save) await copySaved(saved.folder, workplace.data, native.save)
  signal.throwIfAborted()
}

/** `undefined`: somebody took a port between our look and the server's bind. */
async function startOnPorts(
  ground: Ground,
  workplace: Workplace,
  warm: string | undefined,
  signal: AbortSignal,
  saved: Saved | undefined,
): Promise<NativeInstance | undefined> {
  const { native, spec } = ground
  const ports = await reservePorts(spec)
  try {
    const setup = setupFor(ground, workplace, warm, ports)
    if (native.configure) await runCommand(native.configure, 'configured', setup, signal)
    return new NativeInstance(setup, await serve(setup, signal), ports, saved?.key)
  } catch (error) {
    releasePorts(ports)
    if (error instanceof AddressInUse) return undefined
    throw error
  }
}

export function unsupported(spec: InstanceSpec): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_RUNTIME_UNSUPPORTED',
    message: `The service ${spec.service} can't run as a local process`,
    remedy: 'use another runtime for it, such as docker',
  })
}

function portsKeepBeingTaken(spec: InstanceSpec): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_PORT_TAKEN',
    message: `Every port that was free for ${spec.service} was taken a moment later, ${portAttempts} times`,
    remedy: 'end the program that takes them, or set a `port` for the service',
  })
}
