import { seedGraph, seedRows } from '../seed.ts'
import { archivedYears } from '../src/archive.ts'
import { forgetEverything } from '../src/cache.ts'
import { closeConnections } from '../src/connections.ts'
import { hasGraph } from '../src/graph.ts'
import { rows } from '../src/rows.ts'

// What suites on a shared database do by hand: empty every table, fill it again, restart the sequences, flush Redis,
// delete the graph. One file at a time, that is enough. With two files at a time, it cleans away what the other one is
// working on.
for (const year of await archivedYears()) await rows().query(`DROP TABLE trips_${year}`)
await rows().query('TRUNCATE travellers, trips, expenses, bookings, country_changes RESTART IDENTITY CASCADE')
await rows().query('ALTER SEQUENCE booking_numbers RESTART')
await seedRows({ env: process.env })
await forgetEverything()
if (hasGraph()) await seedGraph({ env: process.env })
await closeConnections()
