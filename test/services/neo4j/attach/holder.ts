/**
 * Holds the disposable database of the server HOLDER_NEO4J_URL until it is killed. Argument: the machine it says it is on,
 * where that is not this one; its lease is short then.
 */
import { attachSpec } from '../../../../src/services/neo4j/attach.ts'
import { Bolt } from '../../../../src/services/neo4j/bolt/client.ts'
import { newHolder } from '../../../../src/services/neo4j/bolt/holder.ts'
import { Lease } from '../../../../src/services/neo4j/disposable/lease.ts'

const [machine] = process.argv.slice(2)
const bolt = await Bolt.open({ endpoint: attachSpec({ url: process.env.HOLDER_NEO4J_URL ?? '' }, {}) } as never)
const holder = { ...newHolder(), ...(machine ? { machine } : {}) }
await Lease.take({ bolt, database: 'neo4j', holder, milliseconds: machine ? 4_000 : 60_000 })
await bolt.rows('neo4j', "CREATE (:Leftover) WITH 1 AS one CREATE (:Leftover {of: 'a killed run'})")
console.log('held')
setInterval(() => {}, 60_000)
