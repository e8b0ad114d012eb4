import type { ServiceContext, Template } from '../../core/contracts.ts'
import { IsolaneError } from '../../core/errors.ts'
import { ensureTemplate, findTemplate, ownership, type PreparedTemplate, type TemplateBuilder } from './template.ts'
import { fromOptions, type TemplateContent } from './template-content.ts'

/** The template that a session's lanes are cloned from. */
export class SessionTemplate {
  readonly #context: ServiceContext
  #wanted: Template | undefined
  #content: TemplateContent = fromOptions
  #prepared: PreparedTemplate | undefined
  #rebuilding: Promise<PreparedTemplate> | undefined

  constructor(context: ServiceContext) {
    this.#context = context
  }

  /** Finds or builds it. @returns whether it was built */
  async prepare(builder: TemplateBuilder, template: Template, content: TemplateContent): Promise<boolean> {
    this.#wanted = template
    this.#content = content
    const found = await findTemplate(builder, template)
    if (found) {
      this.#prepared = found
      await noteUse(builder, found, template)
      return false
    }
    this.#context.report({ kind: 'progress', subject: this.#context.name, text: content.progress })
    const { built, ...prepared } = await ensureTemplate(builder, template, content)
    this.#prepared = prepared
    return built
  }

  async current(): Promise<PreparedTemplate> {
    const template = (await this.#rebuilding) ?? this.#prepared
    if (template) return template
    throw new IsolaneError({
      code: 'ISOLANE_LANE_FAILED',
      message: `${this.#context.name} has no template yet`,
      remedy: 'call `prepare` before `createLane`',
    })
  }

  /** Many lanes may find at once that a crash of the server has damaged it; it is built once. */
  rebuild(builder: TemplateBuilder, damaged: PreparedTemplate): Promise<PreparedTemplate> {
    if (this.#prepared !== damaged && this.#prepared) return Promise.resolve(this.#prepared)
    this.#rebuilding ??= this.#rebuild(builder, damaged).finally(() => {
      this.#rebuilding = undefined
    })
    return this.#rebuilding
  }

  async #rebuild(builder: TemplateBuilder, damaged: PreparedTemplate): Promise<PreparedTemplate> {
    const { name, report } = this.#context
    const wanted = this.#wanted ?? { fingerprint: damaged.marker.fingerprint, cacheable: false }
    report({ kind: 'warning', subject: name, text: 'the server crashed; building the template again' })
    await builder.databases.discard(damaged.database)
    const { built, ...prepared } = await ensureTemplate(builder, wanted, this.#content)
    this.#prepared = prepared
    return prepared
  }
}

/** Others who share the server drop templates that nobody has used for long. */
async function noteUse(builder: TemplateBuilder, found: PreparedTemplate, template: Template): Promise<void> {
  const { databases, server } = builder
  if (!server.tenancy) return
  // Two that say so at once are one too many for the server, and one is enough for us.
  await databases.comment(found.database, { ...found.marker, ...ownership(server, template) }).catch(() => {})
}
