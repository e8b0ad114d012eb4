import { afterAll, beforeAll } from 'vitest'
import type { LaneId, ServiceContext, ServiceSession, Template } from '../../../../src/core/contracts.ts'
import type { ReportEvent } from '../../../../src/core/report.ts'
import { createAttachRuntime } from '../../../../src/runtimes/attach/index.ts'
import { HostClient } from '../../../../src/services/neo4j/host-client.ts'
import { type Neo4jLane, type Neo4jOptions, neo4j } from '../../../../src/services/neo4j/index.ts'
import { laneEndpoint } from '../../../../src/services/neo4j/lane.ts'
import { lanePassword } from '../../../../src/services/neo4j/secrets.ts'
import { laneId, type Opened, open } from '../fixture.ts'

/** A real Neo4j Community for the tests of a file: each server is a lane of the host program, of which nothing else is used. */
export function communityServers(options: Neo4jOptions = {}) {
  let host: Opened
  let control: HostClient
  let started = 0
  const ids = new Map<string, LaneId>()
  const nameOf = ({ url }: Neo4jLane) => ids.get(url)?.name ?? ''
  beforeAll(async () => {
    host = await open(options)
    control = await HostClient.open(host.instance)
  })
  afterAll(async () => {
    control?.close()
    await host?.[Symbol.asyncDispose]()
  })
  return {
    /** @param advertised the `host:port` that drivers are told, when it is another one */
    async start(advertised = ''): Promise<Neo4jLane> {
      started += 1
      const id = laneId(started)
      const { endpoint } = host.instance
      const { port } = await control.ask('lane.create', { lane: id.name, port: 0, advertised })
      const { version, database } = await control.ask('status', {})
      const password = lanePassword(endpoint.credentials.password)
      const server = laneEndpoint({ host: endpoint.host, port, password, database, version })
      ids.set(server.url, id)
      return server
    },
    /** It forgets everything; its connections stay. */
    async reset(server: Neo4jLane): Promise<void> {
      await control.ask('lane.reset', { lane: nameOf(server), close: false })
    },
    /** It forgets everything. */
    async restart(server: Neo4jLane): Promise<void> {
      await control.ask('lane.replace', { lane: nameOf(server) })
    },
  }
}

type Address = Pick<Neo4jLane, 'host' | 'port' | 'user' | 'password'>

/** The URL of a server, with credentials, as a user would write it. */
export function urlOf({ host, port, user, password }: Address, scheme = 'bolt'): string {
  return `${scheme}://${user}:${encodeURIComponent(password)}@${host}:${port}`
}

export interface Attached extends AsyncDisposable {
  readonly session: ServiceSession<Neo4jLane>
  readonly template: Template
  readonly reports: readonly ReportEvent[]
}

/** Attaches to a server and prepares the template. */
export async function attach(options: Neo4jOptions, maximumLanes = 1, definition = neo4j(options)): Promise<Attached> {
  const { service, options: checked } = definition
  const signal = new AbortController().signal
  const reports: ReportEvent[] = []
  const report = (event: ReportEvent) => void reports.push(event)
  const context: ServiceContext = { name: 'graph', root: import.meta.dirname, maximumLanes, report, signal }
  const credentials = { username: 'unused', password: 'unused' }
  const instance = await createAttachRuntime().start(service.spec(checked, { ...context, credentials }), { signal })
  const session = (await service.open(instance, checked, context)) as ServiceSession<Neo4jLane>
  const template = await service.template(checked, context)
  const close = () => session[Symbol.asyncDispose]()
  try {
    await session.prepare(template)
    return { session, template, reports, [Symbol.asyncDispose]: close }
  } catch (error) {
    await close()
    throw error
  }
}
