import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { guests, sign } from './guestbook.ts'

/** `POST /guests/Ada` signs, `GET /guests` lists. */
const server = createServer(async (request, response) => {
  const name = request.url?.split('/')[2]
  if (request.method === 'POST' && name) await sign(name)
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify(await guests()))
})

server.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
