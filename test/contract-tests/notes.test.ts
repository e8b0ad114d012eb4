/** A service of somebody else's passes the suites through the public entries alone. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { builtInRuntime, serviceContract } from 'isolane/contract-tests'
import { type NotesLane, notes } from '../../examples/notes-service/notes.ts'

serviceContract<NotesLane>('notes', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'notes-'))
  return {
    runtime: await builtInRuntime('native', folder),
    definition: notes({ seed: ['buy milk'] }),
    seeded: 1,
    write: async (lane) => void (await ask(lane, 'POST', 'write tests')),
    count: async (lane) => (JSON.parse(await ask(lane, 'GET')) as string[]).length,
    damage: async (lane) => void (await ask(lane, 'PATCH', '["buy oil"]')),
    dispose: async () => rmSync(folder, { recursive: true, force: true }),
  }
})

async function ask(lane: NotesLane, method: string, body?: string): Promise<string> {
  const headers = { authorization: `Bearer ${lane.password}` }
  const response = await fetch(lane.url, { method, headers, ...(body === undefined ? {} : { body }) })
  if (!response.ok) throw new Error(`${method} ${response.status}`)
  return response.text()
}
