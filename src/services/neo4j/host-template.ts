import type { Instance, ServiceContext } from '../../core/contracts.ts'
import { recordOf } from '../../core/pending-migrations.ts'
import { templatePortName } from './container.ts'
import { cypherExtensions } from './cypher-files.ts'
import { boltAddress, hostEndpoint } from './host-address.ts'
import type { HostClient, HostStatus } from './host-client.ts'
import type { Neo4jOptions } from './options.ts'
import { fillTemplate } from './template.ts'

export interface HostParts {
  readonly host: HostClient
  readonly status: HostStatus
  readonly instance: Instance
  readonly context: ServiceContext
}

interface TemplateParts extends HostParts {
  readonly options: Neo4jOptions
}

/** What a template is made of. */
interface Making {
  readonly steps: Pick<Neo4jOptions, 'migrations' | 'seed'>
  /** Name of a state to begin with. */
  readonly state?: string
  /** Whether the state is of 4.4, which is migrated before 5.26 opens it. */
  readonly migrate?: boolean
  /** What else must hold before the steps are run. */
  check?(): Promise<void>
}

/** The store that lanes are cloned from. What the host is asked meanwhile can fail with a HostError. */
export class HostTemplate {
  readonly #parts: TemplateParts
  #fingerprint: string

  constructor(parts: TemplateParts) {
    this.#parts = parts
    this.#fingerprint = parts.status.template
  }

  is(fingerprint: string): boolean {
    return this.#fingerprint === fingerprint
  }

  /** The one before stays until it is made. */
  async make(fingerprint: string, { steps, state, migrate = false, check }: Making): Promise<void> {
    const { host, status, instance, context, options } = this.#parts
    try {
      // A file that comes while they are run is found to be pending: better run twice, which tells, than never.
      const record = JSON.stringify(await recordOf(options, { context, extensions: cypherExtensions }))
      const where = boltAddress(instance, templatePortName)
      const { port } = await host.ask('template.open', { ...where, ...(state === undefined ? {} : { state, migrate }) })
      await check?.()
      const lane = hostEndpoint(instance, status, templatePortName, port)
      await fillTemplate((statement) => host.ask('template.run', { statement }), lane, steps, context)
      await host.ask('template.finish', { fingerprint, record })
    } catch (error) {
      await host.ask('template.discard', {}).catch(() => {})
      throw error
    }
    this.#fingerprint = fingerprint
  }
}
