export { type LabelledOptions, labelled } from './neo4j/labelled.ts'
export { keyspace } from './redis/keyspace.ts'
