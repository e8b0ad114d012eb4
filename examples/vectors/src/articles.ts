import { cached, forget } from './cache.ts'
import { VectorStore } from './vector-store.ts'

/** Texts are compared by how often each of these words occurs in them: a stand-in for a real embedding. */
const words = ['sea', 'island', 'mountain', 'snow', 'city', 'train']

const collection = 'articles'

const { QDRANT_URL = '', QDRANT_API_KEY = '', QDRANT_PREFIX = '' } = process.env
export const store = new VectorStore({ url: QDRANT_URL, key: QDRANT_API_KEY, prefix: QDRANT_PREFIX })

export interface Article {
  readonly id: number
  readonly title: string
  readonly text: string
}

export async function publish(articles: readonly Article[]): Promise<void> {
  if (!(await store.collections()).includes(collection)) await store.create(collection, words.length)
  const points = articles.map(({ id, title, text }) => ({ id, vector: embed(text), payload: { title } }))
  await store.put(collection, points)
  await forget()
}

/** Titles of the articles that are about the same things, nearest first. */
export function related(text: string, limit = 3): Promise<readonly string[]> {
  return cached(`${limit}:${text}`, async () => {
    const hits = await store.nearest(collection, embed(text), limit)
    return hits.map(({ payload }) => payload.title)
  })
}

function embed(text: string): number[] {
  const said = text.toLowerCase().match(/\w+/g) ?? []
  return words.map((word) => said.filter((each) => each === word).length)
}
