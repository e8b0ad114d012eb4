import { once } from 'node:events'
import { type AddressInfo, connect as dial, type Socket } from 'node:net'
import { createServer } from 'node:tls'
import { selfSigned } from '../../postgres/attach-certificate.ts'

export interface TlsProxy {
  readonly host: string
  readonly port: number
  /** PEM. It signs itself. */
  readonly certificate: string
  /** Whom it stands before. While there is nobody, whoever comes is turned away. */
  target: { readonly host: string; readonly port: number } | undefined
  /** Turns away also those who are there. */
  shut(): void
  close(): void
}

/** TLS before a server that has none of its own, as many put it there. */
export async function tlsProxy(): Promise<TlsProxy> {
  const { certificate, key } = selfSigned()
  const host = '127.0.0.1'
  const clients = new Set<Socket>()
  const server = createServer({ cert: certificate, key }, (client) => {
    if (!proxy.target) return void client.destroy()
    clients.add(client)
    const inside = dial({ host: proxy.target.host, port: proxy.target.port })
    client.pipe(inside).pipe(client)
    client.on('close', () => inside.destroy()).on('error', () => {})
    inside.on('error', () => client.destroy())
  }).listen(0, host)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const proxy: TlsProxy = {
    host,
    port,
    certificate,
    target: undefined,
    shut: () => {
      proxy.target = undefined
      for (const client of clients) client.destroy()
    },
    close: () => server.close(),
  }
  return proxy
}
