import { randomBytes } from 'node:crypto'
import type {
  Credentials,
  Endpoint,
  EnvironmentSession,
  Instance,
  InstanceSpec,
  LaneEndpoint,
  LaneId,
  LaneMark,
  Limit,
  LoadedState,
  ResetOptions,
  Runtime,
  ServiceContext,
  ServiceDefinition,
  ServiceSession,
  SnapshotSupport,
  StateReader,
  StateSummary,
  StateWriter,
  Template,
} from './contracts.ts'
import { IsolaneError, isIsolaneError } from './errors.ts'
import { type ServiceStart, savedStart } from './start-state.ts'
import { unlessAborted } from './unless-aborted.ts'

/** What `isolane status` tells of one service. */
export interface ServiceStatus {
  readonly name: string
  readonly kind: string
  /** What serves: the kind, or what the service calls it. */
  readonly product: string
  /** The runtime it runs on. */
  readonly runtime: string
  readonly version: string
  readonly origin: string
  readonly isolation: 'shared' | 'instance'
  readonly instances: number
  readonly pids: readonly number[]
  /** Bytes that it takes, where processes of ours don't tell. Only for who asked for facts. */
  readonly memoryBytes?: number
  /** From the decision to start until connections were accepted, in milliseconds. */
  readonly startMilliseconds: number
  /** Migrating and seeding, or finding that this was done before, in milliseconds. */
  readonly prepareMilliseconds: number
  readonly host: string
  readonly ports: Readonly<Record<string, number>>
  /** What the service tells of itself, by label. */
  readonly details: Readonly<Record<string, string>>
  /** In a stack with environments: what is on its servers. Both, where that is absent. */
  readonly serves?: 'environments' | 'lanes'
  /** What the server may run out of. Only for who asked for facts. */
  readonly limits?: readonly Limit[]
  /** With the administrators' passwords. Only for who asked for them. */
  readonly endpoints?: readonly Endpoint[]
}

/** One service of a stack, wherever its lanes live. */
export interface ServiceHost {
  readonly name: string
  readonly kind: string
  /** `instance`: a lane's server ends with the lane, and is never handed on. */
  readonly isolation: 'shared' | 'instance'
  createLane(lane: LaneId): Promise<LaneEndpoint>
  resetLane(lane: LaneId, options: ResetOptions): Promise<void>
  /** The lane is gone when this resolves, and so is a server of its own. */
  dropLane(lane: LaneId): Promise<void>
  idle(): Promise<void>
  /** Fingerprint of the template that lanes begin as. */
  readonly template: string
  /** Why lanes' states can't be kept; absent where they can. Known once there is a lane. */
  readonly noSnapshots: string | undefined
  stateSize(lane: LaneId): Promise<number>
  saveLane(lane: LaneId, files: StateWriter): Promise<StateSummary>
  describeLane(lane: LaneId): Promise<StateSummary>
  loadLane(lane: LaneId, files: StateReader, saved: StateSummary): Promise<LoadedState>
  markLane(lane: LaneId): Promise<LaneMark>
  /** Of each instance that runs, with its administrator's password. */
  endpoints(): readonly Endpoint[]
  status(): Promise<ServiceStatus | undefined>
  /** See {@link Instance.memory}. Absent: nobody knows. */
  memory?(): Promise<number | undefined>
  logs(): Promise<string>
  close(): Promise<void>
}

/** One whose server holds environments. */
export interface EnvironmentHost extends ServiceHost {
  /** @throws ISOLANE_RUNTIME_UNSUPPORTED where the server that was found can hold none */
  environmentSession(): Promise<EnvironmentSession>
}

export interface HostParts {
  readonly definition: ServiceDefinition
  readonly runtime: Runtime
  readonly context: ServiceContext
  readonly template: Template
  /** In a stack with environments: what the service's other server does not. */
  readonly serves?: 'environments' | 'lanes'
  /** What the template is made of, instead of migrations and seed. */
  readonly start?: ServiceStart
  /** For stacks that stay up: the name under which the instance's data outlive it, and its credentials. */
  readonly kept?: { readonly name: string; readonly credentials: Credentials }
  /** Called when an instance ends unasked; `why` says how. Without a lane, the lanes of all were on it. */
  onLost(why: string, lane?: LaneId): void
}

/** A started instance with its service's session, prepared. */
export interface OpenService {
  readonly instance: Instance
  readonly session: ServiceSession
  readonly startMilliseconds: number
  readonly prepareMilliseconds: number
}

/** Why a session's lanes' states can't be kept; `undefined` where they can. */
export function whyNoSnapshots({ definition }: HostParts, session: ServiceSession | undefined): string | undefined {
  const { snapshots } = session ?? {}
  if (!snapshots) return `services of the kind ${definition.service.kind} have no way to save a lane`
  return 'unsupported' in snapshots ? snapshots.unsupported : undefined
}

/** @throws ISOLANE_SNAPSHOT_UNSUPPORTED */
export function snapshotsOf(parts: HostParts, session: ServiceSession | undefined): SnapshotSupport {
  const { snapshots } = session ?? {}
  if (snapshots && !('unsupported' in snapshots)) return snapshots
  throw new IsolaneError({
    code: 'ISOLANE_SNAPSHOT_UNSUPPORTED',
    message: `The lanes of ${parts.context.name} can't be saved: ${whyNoSnapshots(parts, session)}`,
    remedy: 'leave this service out of what is saved',
  })
}

export function newCredentials(): Credentials {
  return { username: 'isolane_admin', password: randomBytes(18).toString('base64url') }
}

/** What is told of a service from one of its instances. */
export async function describeService(
  { definition, runtime, context, serves }: HostParts,
  { instance, session, startMilliseconds, prepareMilliseconds }: OpenService,
): Promise<Omit<ServiceStatus, 'isolation' | 'instances' | 'pids'>> {
  return {
    name: context.name,
    kind: definition.service.kind,
    runtime: runtime.name,
    product: session.product ?? definition.service.kind,
    version: session.version,
    origin: instance.origin,
    startMilliseconds,
    prepareMilliseconds,
    host: instance.endpoint.host,
    ports: instance.endpoint.ports,
    details: (await session.details?.().catch(() => undefined)) ?? {},
    ...(serves ? { serves } : {}),
  }
}

/** Starts, opens and prepares one instance; unwinds what was begun when a step fails. */
export async function openService(parts: HostParts): Promise<OpenService> {
  const { definition, runtime, context, template } = parts
  const credentials = parts.kept?.credentials ?? newCredentials()
  const described = definition.service.spec(definition.options, { ...context, credentials, environment: process.env })
  // The port that the config names is that of the environments.
  const spec = parts.serves === 'lanes' ? { ...described, ports: anyFree(described.ports) } : described
  const begun = performance.now()
  context.report({ kind: 'progress', subject: context.name, text: 'starting' })
  const instance = await runtime.start(spec, {
    signal: context.signal,
    ...(template.cacheable ? { from: template.fingerprint } : {}),
    ...(parts.kept ? { keep: parts.kept.name } : {}),
  })
  let session: ServiceSession | undefined
  try {
    session = await unlessAborted(context.signal, definition.service.open(instance, definition.options, context))
    const started = performance.now()
    context.report({ kind: 'progress', subject: context.name, text: 'preparing the template' })
    await unlessAborted(context.signal, prepare(parts, session))
    const prepared = performance.now()
    context.report({
      kind: 'done',
      subject: context.name,
      text: `${session.product ?? definition.service.kind} ${session.version} is ready`,
      duration: prepared - begun,
    })
    return { instance, session, startMilliseconds: started - begun, prepareMilliseconds: prepared - started }
  } catch (error) {
    const closing = session && disposeQuietly(session)
    // A session whose migration nobody waits for any more may never close by itself.
    if (!context.signal.aborted) await closing
    await disposeQuietly(instance)
    // What is durable is somebody's data: nobody is told to remove that.
    throw parts.kept && runtime.forget && !spec.durable ? orWithNewData(error) : error
  }
}

function anyFree(ports: InstanceSpec['ports']): InstanceSpec['ports'] {
  return Object.fromEntries(Object.keys(ports).map((name) => [name, 0]))
}

/** @throws ISOLANE_SNAPSHOT_UNSUPPORTED where lanes can't begin with what was saved */
async function prepare({ definition, context, template, start }: HostParts, session: ServiceSession): Promise<void> {
  if (!start) return session.prepare(template)
  const { snapshots } = session
  if (snapshots && 'prepareFrom' in snapshots && snapshots.prepareFrom) {
    return snapshots.prepareFrom(template, savedStart(start))
  }
  throw new IsolaneError({
    code: 'ISOLANE_SNAPSHOT_UNSUPPORTED',
    message: `Lanes of ${context.name} can't begin with a snapshot: services of the kind ${definition.service.kind} have no way to`,
    remedy: 'use a snapshot without this service',
  })
}

/** What is kept may be what is wrong: damaged, or made with a password that is no longer on record. */
function orWithNewData(error: unknown): unknown {
  if (!isIsolaneError(error, 'ISOLANE_SERVER_UNREACHABLE')) return error
  const { code, reason, remedy, output = '', cause } = error
  const both = `${remedy}; \`isolane down --data\` removes what it has kept, so that it begins anew`
  return new IsolaneError({ code, message: reason, remedy: both, output, cause })
}

export async function closeService(open: OpenService): Promise<void> {
  await disposeQuietly(open.session)
  await open.instance[Symbol.asyncDispose]()
}

/** For what is torn down after something worse has happened, or that ends with its server anyway. */
async function disposeQuietly(resource: AsyncDisposable): Promise<void> {
  try {
    await resource[Symbol.asyncDispose]()
  } catch {}
}

/**
 * Clears away what is left of a service whose server ended. What still waits for an answer of its session gets one then.
 * @throws ISOLANE_INSTANCE_ENDED, always: for whoever asks for it afterwards.
 */
export async function buryService(name: string, open: OpenService, how: string): Promise<never> {
  const logs = await open.instance.logs().catch(() => '')
  await closeService(open).catch(() => {})
  throw new IsolaneError({
    code: 'ISOLANE_INSTANCE_ENDED',
    message: `The ${name} server ended while it was in use`,
    remedy: 'run again; if it happens again, its last lines below say why',
    output: `${how}\n${logs}`,
  })
}
