import type { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { messageOf } from '../../core/errors.ts'
import type { Engine } from './engine.ts'
import { labels } from './labels.ts'
import { describeEnd, inspect } from './state.ts'

/** Time a lost engine gets to come back before its containers are given up, in milliseconds. */
const patience = 30_000

type Tell = (how: string) => void
type EventStream = Readable & { readonly socket?: { unref(): void } }

/**
 * Learns of containers that end, from the engine's events: one connection for all of a run's containers. It never keeps
 * the process alive. When the connection breaks it asks the engine, once that is back, which containers still run.
 */
export class DeathWatch {
  readonly #engine: Engine
  readonly #installation: string
  readonly #watched = new Map<string, Tell>()
  #listening: Promise<void> | undefined
  #stream: Readable | undefined

  constructor(engine: Engine, installation: string) {
    this.#engine = engine
    this.#installation = installation
  }

  /** Settles when no end can be missed any more. Returns what ends the watch. */
  async watch(id: string, tell: Tell): Promise<() => void> {
    const end = () => {
      this.#watched.delete(id)
      if (this.#watched.size === 0) this.#hangUp()
    }
    this.#watched.set(id, tell)
    try {
      await this.#listen()
      // It may have ended before anybody listened.
      await this.#look(id)
    } catch (error) {
      end()
      throw error
    }
    return end
  }

  #listen(): Promise<void> {
    this.#listening ??= this.#connect().catch((error) => {
      this.#listening = undefined
      throw error
    })
    return this.#listening
  }

  async #connect(): Promise<void> {
    // Podman before 4.4 asks for the second name.
    const filters = {
      type: ['container'],
      event: ['die', 'died'],
      label: [`${labels.installation}=${this.#installation}`],
    }
    const stream = (await this.#engine.api.getEvents({ filters: JSON.stringify(filters) })) as EventStream
    stream.socket?.unref()
    stream.on('error', () => {})
    let rest = ''
    stream.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString('utf8')).split('\n')
      rest = lines.pop() ?? ''
      // When the engine can't be asked, it is about to be lost, and asked later.
      for (const line of lines.filter((each) => each.trim())) void this.#look(idOf(line)).catch(() => {})
    })
    stream.once('close', () => {
      if (stream === this.#stream) void this.#reconnect()
    })
    this.#stream = stream
  }

  #hangUp(): void {
    const stream = this.#stream
    this.#stream = undefined
    this.#listening = undefined
    stream?.destroy()
  }

  async #look(id: string): Promise<void> {
    const tell = this.#watched.get(id)
    if (!tell) return
    const inspection = await inspect(this.#engine.api.getContainer(id))
    if (!inspection?.State.Running) this.#end(id, describeEnd(inspection))
  }

  #end(id: string, how: string): void {
    const tell = this.#watched.get(id)
    this.#watched.delete(id)
    tell?.(how)
  }

  /** The engine restarts, or is gone, or the network to it. */
  async #reconnect(): Promise<void> {
    const begun = performance.now()
    this.#hangUp()
    while (this.#watched.size > 0) {
      try {
        await this.#listen()
        await Promise.all([...this.#watched.keys()].map((id) => this.#look(id)))
        return
      } catch (error) {
        if (performance.now() - begun > patience) {
          const how = `is out of reach, since the engine does not answer any more: ${messageOf(error)}`
          for (const id of [...this.#watched.keys()]) this.#end(id, how)
        }
      }
      await delay(250, undefined, { ref: false })
    }
  }
}

function idOf(line: string): string {
  try {
    return (JSON.parse(line) as { id?: string }).id ?? ''
  } catch {
    return ''
  }
}
