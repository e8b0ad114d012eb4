import neo4j, { type Driver, type RecordShape } from 'neo4j-driver'
import { opened, required } from './connections.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** Runs one Cypher statement and returns its records as objects. */
export type Ask = <Row extends RecordShape>(text: string, parameters?: object) => Promise<Row[]>

/** Neo4j, at `NEO4J_URI`. */
export function connectGraph(environment: Environment = process.env): Driver {
  const login = neo4j.auth.basic(required('NEO4J_USER', environment), required('NEO4J_PASSWORD', environment))
  return neo4j.driver(required('NEO4J_URI', environment), login, { disableLosslessIntegers: true })
}

export function asker(driver: Driver, environment: Environment = process.env): Ask {
  const database = required('NEO4J_DATABASE', environment)
  return async <Row extends RecordShape>(text: string, parameters: object = {}) => {
    const { records } = await driver.executeQuery(text, parameters, { database })
    return records.map((record) => record.toObject() as Row)
  }
}

/** Whether there is a graph: without Neo4j the atlas does everything but routes. */
export function hasGraph(): boolean {
  return Boolean(process.env.NEO4J_URI)
}

const driver = opened(connectGraph, (open) => open.close())

export const cypher: Ask = (text, parameters) => asker(driver())(text, parameters)
