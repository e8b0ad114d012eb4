const closers: (() => Promise<unknown>)[] = []

/** Opens something on first use and keeps it until {@link closeConnections}. */
export function opened<Connection>(
  open: () => Connection,
  close: (connection: Connection) => Promise<unknown>,
): () => Connection {
  let connection: { readonly value: Connection } | undefined
  return () => {
    if (!connection) {
      const value = open()
      connection = { value }
      closers.push(() => {
        connection = undefined
        return close(value)
      })
    }
    return connection.value
  }
}

export async function closeConnections(): Promise<void> {
  await Promise.all(closers.splice(0).map((close) => close()))
}

/** A variable of the environment that the program cannot do without. */
export function required(
  name: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string {
  const value = environment[name]
  if (!value) throw new Error(`${name} is not set: the atlas does not know where its data is`)
  return value
}
