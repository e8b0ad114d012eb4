import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** What PgBouncer does to clients' settings with `ignore_startup_parameters = options`. */
export async function forgetfulPooler(serverPort: number): Promise<AsyncDisposable & { readonly port: number }> {
  const sockets = new Set<Socket>()
  const pooler = createServer((client) => {
    const server = connect(serverPort, '127.0.0.1')
    for (const socket of [client, server]) {
      sockets.add(socket)
      socket.on('error', () => {}).once('close', () => sockets.delete(socket))
    }
    client.once('data', (message) => {
      server.write(withoutOptions(message))
      client.pipe(server).pipe(client)
    })
  })
  await once(pooler.listen(0, '127.0.0.1'), 'listening')
  return {
    port: (pooler.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      pooler.close()
      await once(pooler, 'close')
    },
  }
}

/** A client's first message: its length, the protocol's version, and pairs of strings that end with zeros. */
function withoutOptions(message: Buffer): Buffer {
  const words = message.subarray(8).toString('utf8').split('\0')
  const at = words.indexOf('options')
  const body = Buffer.from(words.toSpliced(at, 2).join('\0'))
  const head = Buffer.from(message.subarray(0, 8))
  head.writeInt32BE(head.length + body.length)
  return Buffer.concat([head, body])
}
