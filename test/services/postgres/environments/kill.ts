import pg from 'pg'

type Query = (this: Connection, ...given: unknown[]) => unknown

interface Connection {
  readonly connection: { readonly stream: { destroy(): void } }
}

/**
 * Runs an act as if our process were killed before it sends a certain statement of those like `counts`: from there on
 * nothing gets to the server any more, and all connections are gone.
 * @returns whether it came so far
 */
export async function killedBefore(number: number, counts: RegExp, act: () => Promise<unknown>): Promise<boolean> {
  const { prototype } = pg.Client as unknown as { prototype: { query: Query } }
  const { query } = prototype
  const clients = new Set<Connection>()
  let left = number
  let isDead = false
  prototype.query = function (...given) {
    const [text] = given
    clients.add(this)
    if (typeof text === 'string' && counts.test(text)) left -= 1
    isDead ||= left < 0
    if (!isDead) return query.apply(this, [...given])
    for (const { connection } of clients) connection.stream.destroy()
    const error = new Error('killed')
    const callback = given.at(-1)
    if (typeof callback !== 'function') return Promise.reject(error)
    process.nextTick(() => callback(error))
    return undefined
  }
  try {
    await act().catch((error: unknown) => {
      if (!isDead) throw error
    })
  } finally {
    prototype.query = query
  }
  return isDead
}
