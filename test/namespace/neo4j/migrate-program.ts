/** Labels in small batches, as standard input says, and tells of the first; for being killed. */
import { text } from 'node:stream/consumers'
import { neo4jMigration } from '../../../src/namespace/neo4j/migrate.ts'

const migration = await neo4jMigration(JSON.parse(await text(process.stdin)))
const { signal } = new AbortController()
await migration.run({ undo: false, batch: 1, signal, progress: (changed) => void console.log(changed) })
