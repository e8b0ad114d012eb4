/**
 * Has written down a database in the records on the server OWNER_NEO4J_URL and is about to make it, until it is killed.
 * Argument: the machine it says it is on, where that is not this one; its lease is short then.
 */
import { attachSpec } from '../../../../src/services/neo4j/attach.ts'
import { Bolt } from '../../../../src/services/neo4j/bolt/client.ts'
import { newHolder } from '../../../../src/services/neo4j/bolt/holder.ts'
import { Registry } from '../../../../src/services/neo4j/multi-database/registry.ts'

const [machine] = process.argv.slice(2)
const bolt = await Bolt.open({ endpoint: attachSpec({ url: process.env.OWNER_NEO4J_URL ?? '' }, {}) } as never)
const holder = { ...newHolder(), ...(machine ? { machine } : {}) }
const registry = await Registry.open({ bolt, databases: undefined as never, holder }, machine ? 4_000 : 60_000)
const name = `isolane-${holder.run}-left-1`
await registry.add(name)
console.log(name)
setInterval(() => {}, 60_000)
