/** The part of Qdrant's REST API that this program uses. Collections of one store have a prefix of their own. */
export class VectorStore {
  readonly #url: string
  readonly #key: string
  readonly #prefix: string

  constructor({ url, key, prefix }: { url: string; key: string; prefix: string }) {
    this.#url = url
    this.#key = key
    this.#prefix = prefix
  }

  async create(collection: string, size: number): Promise<void> {
    await this.#ask('PUT', this.#path(collection), { vectors: { size, distance: 'Cosine' } })
  }

  async put(collection: string, points: readonly Point[]): Promise<void> {
    await this.#ask('PUT', `${this.#path(collection)}/points?wait=true`, { points })
  }

  async nearest(collection: string, vector: readonly number[], limit: number): Promise<readonly Hit[]> {
    const body = { vector, limit, with_payload: true }
    return (await this.#ask('POST', `${this.#path(collection)}/points/search`, body)) as Hit[]
  }

  /** Without the prefix. */
  async collections(): Promise<string[]> {
    const { collections } = (await this.#ask('GET', '/collections')) as { collections: { name: string }[] }
    return collections.flatMap(({ name }) => (name.startsWith(this.#prefix) ? [name.slice(this.#prefix.length)] : []))
  }

  async dropAll(): Promise<void> {
    for (const collection of await this.collections()) await this.#ask('DELETE', this.#path(collection))
  }

  #path(collection: string): string {
    return `/collections/${encodeURIComponent(this.#prefix + collection)}`
  }

  async #ask(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(this.#url + path, {
      method,
      headers: { 'api-key': this.#key, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    if (!response.ok) throw new Error(`Qdrant answered ${response.status} to ${method} ${path}`)
    return ((await response.json()) as { result: unknown }).result
  }
}

export interface Point {
  readonly id: number
  readonly vector: readonly number[]
  readonly payload: { readonly title: string }
}

export interface Hit extends Pick<Point, 'id' | 'payload'> {
  readonly score: number
}
