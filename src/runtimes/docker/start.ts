import { randomBytes } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import type { InstanceSpec, StartOptions } from '../../core/contracts.ts'
import { Limiter } from '../../core/limiter.ts'
import type { Registration } from '../../core/run.ts'
import { startAborted } from '../../core/start-aborted.ts'
import { blueprintOf, fingerprintOf } from './blueprint.ts'
import type { Engine } from './engine.ts'
import { isUnanswered, unsupported } from './errors.ts'
import { notReady, refused } from './failures.ts'
import type { Ground, Plan } from './ground.ts'
import { provideImage } from './images.ts'
import { DockerInstance } from './instance.ts'
import { findKept } from './kept.ts'
import { type Labels, labels, labelsFor } from './labels.ts'
import { containerKind } from './living.ts'
import { expandContainer } from './placeholders.ts'
import { type Readiness, waitUntilReady } from './readiness.ts'
import { reaperLabels } from './reaper.ts'
import { endContainer, removeContainer } from './remove.ts'
import { endPrograms } from './run-program.ts'
import { archiveOf } from './tar.ts'
import type { Container } from './testcontainers.ts'
import { provideVolumes } from './volumes.ts'

/** Six Postgres at once on two cores need several times as long as one after the other. */
const starts = new Limiter(Math.max(2, availableParallelism()))
/** Time a restarting engine gets to answer again, in milliseconds. */
const enginePatience = 15_000
/** Milliseconds that a durable server gets to become ready: it may have to recover first. */
const recoveryTimeout = 300_000

/** Starts one server, or takes over the one that a dead owner has left running under a kept name. */
export async function start(spec: InstanceSpec, options: StartOptions, ground: Ground): Promise<DockerInstance> {
  const { signal } = options
  try {
    signal.throwIfAborted()
    await answering(ground.engine, signal)
    const plan = await planFor(spec, options, ground)
    const fingerprint = plan.keep === undefined ? undefined : await fingerprintOf(plan.blueprint)
    const kept = fingerprint === undefined ? undefined : await takeOver(plan, fingerprint)
    return kept ?? (await starts.run(() => startNew(plan, fingerprint), signal))
  } catch (error) {
    throw signal.aborted ? startAborted(spec, signal) : error
  }
}

async function planFor(spec: InstanceSpec, { keep, signal }: StartOptions, ground: Ground): Promise<Plan> {
  if (!spec.container) throw unsupported(spec)
  const { engine, context } = ground
  const image = await provideImage(engine, spec.container.image, { report: context.report, signal })
  const expanded = expandContainer(spec.container, spec.credentials)
  const container = spec.durable ? { startTimeout: recoveryTimeout, ...expanded } : expanded
  const blueprint = blueprintOf({ spec, container, image, publishOn: engine.publishOn, keep })
  return { ...ground, spec, container, blueprint, keep, signal }
}

async function takeOver(plan: Plan, fingerprint: string): Promise<DockerInstance | undefined> {
  const kept = await findKept(plan, fingerprint)
  if (!kept) return undefined
  const registration = register(plan, kept.name)
  // What its dead owner ran in it would hold on to the database.
  await endPrograms(kept.container)
  const readiness = await waitUntilReady({ ...plan, ...kept, spec: plan.container }, plan.signal)
  if (readiness.outcome === 'ready') return DockerInstance.of(plan, { ...kept, registration, ports: readiness.ports })
  await endContainer(kept.container)
  registration.release()
  return undefined
}

async function startNew(plan: Plan, fingerprint: string | undefined): Promise<DockerInstance> {
  const { context, spec, container } = plan
  const first = await attempt(plan, fingerprint)
  if (first instanceof DockerInstance) return first
  // A port that never opens although the server runs is the engine's fault, as a rule.
  if (first.readiness.outcome !== 'timed-out' || !('port' in container.ready)) throw first.error
  const text = `its port did not open, so it is tried once more in a new container: ${first.error.reason}`
  context.report({ kind: 'warning', subject: spec.service, text })
  const second = await attempt(plan, fingerprint)
  if (second instanceof DockerInstance) return second
  throw second.error
}

type Failed = { readonly readiness: Readiness; readonly error: Awaited<ReturnType<typeof notReady>> }

/** One container. It is on record before it exists, and gone when this does not give an instance. */
async function attempt(plan: Plan, fingerprint: string | undefined): Promise<DockerInstance | Failed> {
  const { engine, spec, signal, context } = plan
  signal.throwIfAborted()
  const name = `isolane-${spec.service.replace(/[^\w.-]/g, '-')}-${context.run.id}-${randomBytes(3).toString('hex')}`
  const registration = register(plan, name)
  try {
    const container = await create(plan, name, fingerprint)
    signal.throwIfAborted()
    await container.start().catch(async (error) => {
      throw await refused(plan, error)
    })
    const readiness = await waitUntilReady({ engine, container, spec: plan.container }, signal)
    if (readiness.outcome === 'ready') {
      return await DockerInstance.of(plan, { name, container, registration, ports: readiness.ports })
    }
    const error = await notReady(plan, container, readiness)
    await discard(plan, name, registration)
    return { readiness, error }
  } catch (error) {
    // What can't be removed now stays on record for the next sweep.
    await discard(plan, name, registration).catch(() => {})
    throw error
  }
}

async function create(plan: Plan, name: string, fingerprint: string | undefined): Promise<Container> {
  const { engine, blueprint, context, spec, keep } = plan
  // The reaper must not end a stack that stays up.
  const reaped: Labels = keep === undefined ? await reaperLabels(engine, context.report) : {}
  const ours = labelsFor(context.run, spec.service, keep)
  const made = fingerprint === undefined ? {} : { [labels.fingerprint]: fingerprint }
  try {
    await provideVolumes(plan)
    const options = { ...blueprint.options, name, Labels: { ...reaped, ...ours, ...made } }
    const container = await engine.client.container.create(options)
    if (Object.keys(blueprint.files).length > 0) {
      await engine.client.container.putArchive(container, archiveOf(blueprint.files, blueprint.owner), '/')
    }
    return container
  } catch (error) {
    throw await refused(plan, error)
  }
}

function register({ context, engine, keep }: Plan, name: string): Registration {
  return context.run.register({
    kind: containerKind,
    what: `container ${name}`,
    runtime: 'docker',
    name,
    engine: { address: engine.address, id: engine.id },
    ...(keep === undefined ? {} : { kept: keep }),
  })
}

async function discard({ engine, keep }: Plan, name: string, registration: Registration): Promise<void> {
  await (keep === undefined ? removeContainer : endContainer)(engine.api.getContainer(name))
  registration.release()
}

/** A start may follow a loss that was the engine's own restart. */
async function answering({ api }: Engine, signal: AbortSignal): Promise<void> {
  const begun = performance.now()
  for (;;) {
    try {
      await api.ping()
      return
    } catch (error) {
      if (!isUnanswered(error) || performance.now() - begun > enginePatience) throw error
    }
    await delay(250, undefined, { signal })
  }
}
