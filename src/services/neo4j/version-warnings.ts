import { crosses, type Version } from './version-order.ts'

/**
 * What people run into on the way from one version to another. From Neo4j's "Upgrade and Migration Guide" (supported paths;
 * breaking changes between 4.4 and 5; changes to procedures), its operations manual ("Breaking changes in Neo4j 2025.01",
 * "Changes in Neo4j 2025-2026 series", "Store formats") and its Cypher manual ("Select Cypher version"). What only concerns
 * operators of clusters is left out.
 */
export function warningsOf(from: Version, to: Version): readonly string[] {
  return [...always, ...changes.filter(({ version }) => crosses(from, to, version)).flatMap(({ lines }) => lines)]
}

const always = [
  'there is no way back: a store that a newer server has opened is not opened by an older one; what is written after the upgrade is not on the old side',
  'users and passwords do not come along, as they are in the system database: here the data, constraints and indexes of the one database do',
]

const changes: readonly { readonly version: string; readonly lines: readonly string[] }[] = [
  {
    version: '5.26',
    lines: [
      'B-tree indexes are gone: those of 4.4, and constraints on them, must have one of another type beside them, such as RANGE, or be made into it (neo4j-admin database migrate --force-btree-indexes-to-range), as they are here; texts that a query looks for by ENDS WITH or CONTAINS want a TEXT index, points a POINT index',
      'id() is deprecated: use elementId(), a text',
      'db.indexes, db.constraints, dbms.listQueries and their like are gone: use SHOW INDEXES, SHOW CONSTRAINTS, SHOW TRANSACTIONS',
      'exists(n.property) and CREATE INDEX ON :Label(property) are gone: use n.property IS NOT NULL, CREATE INDEX FOR',
      'settings have other names: dbms.connector.bolt.listen_address is server.bolt.listen_address now',
    ],
  },
  {
    version: '2025.01',
    lines: [
      'Java 21 or newer is needed, and plugins of the new version',
      'the block format of stores is Enterprise’s alone, and its default: lanes are Community, in the aligned format, so they say nothing of what moving to block would take',
    ],
  },
  {
    version: '2025.06',
    lines: [
      'there are two languages: queries go on in Cypher 5 unless they begin with CYPHER 25, or their database says so; Cypher 25 has lost what Cypher 5 had deprecated',
      'APOC has lost procedures and functions in Cypher 25',
    ],
  },
  {
    version: '2026.02',
    lines: [
      'the neo4j.conf that comes with Neo4j makes Cypher 25 the language of new databases; what is upgraded keeps Cypher 5, and so do lanes',
    ],
  },
]
