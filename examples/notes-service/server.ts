/** A server that keeps notes in lists, over HTTP. It stands for whatever you want lanes of. */
import { createServer } from 'node:http'

interface List {
  readonly password: string
  notes: string[]
}

const { NOTES_PORT, NOTES_PASSWORD } = process.env
const lists = new Map<string, List>()

createServer(async (request, response) => {
  const answer = (status: number, body: unknown) => response.writeHead(status).end(JSON.stringify(body))
  const body = Buffer.concat(await Array.fromAsync(request as AsyncIterable<Buffer>)).toString()
  const name = request.url ?? ''
  const password = request.headers.authorization
  if (password === `Bearer ${NOTES_PASSWORD}` && request.method === 'PUT') {
    return answer(200, lists.set(name, JSON.parse(body) as List).size)
  }
  const list = lists.get(name)
  if (!list) return answer(404, 'no such list')
  if (password !== `Bearer ${NOTES_PASSWORD}` && password !== `Bearer ${list.password}`)
    return answer(401, 'wrong password')
  if (request.method === 'PATCH') list.notes = JSON.parse(body) as string[]
  if (request.method === 'POST') list.notes.push(body)
  if (request.method === 'DELETE') lists.delete(name)
  answer(200, list.notes)
}).listen(Number(NOTES_PORT), '127.0.0.1', () => console.log('notes are open'))
