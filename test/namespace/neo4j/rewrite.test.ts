import { expect, test } from 'vitest'
import type { Namespace } from '../../../src/namespace/neo4j/cypher/reading.ts'
import { rewrite } from '../../../src/namespace/neo4j/cypher/rewrite.ts'
import { reads, writes } from './kept-queries.ts'
import { refused } from './refused-queries.ts'

const namespace: Namespace = { label: 'Dev', others: new Set(['Test', 'Staging', 'Production']) }

test.each([
  ['MATCH (n) RETURN count(n)', 'MATCH (n:`Dev`) RETURN count(n)'],
  ['MATCH (n:A:B {x: 1})--()', 'MATCH (n:A:B:`Dev` {x: 1})--(:`Dev`)'],
  ['MATCH (:A|B), (c IS D)', 'MATCH (: (A|B)&`Dev`), (c IS ( D)&`Dev`)'],
  ['MATCH (n WHERE n.x > 1)', 'MATCH (n:`Dev` WHERE n.x > 1)'],
  ['MATCH (WHERE 1 = 1)', 'MATCH (:`Dev`WHERE 1 = 1)'],
  ['CREATE (a)-[:X]->(b:B), (b)-[:Y]->(a)', 'CREATE (a:`Dev`)-[:X]->(b:B:`Dev`), (b)-[:Y]->(a)'],
  ['CREATE (a$p)', 'CREATE (a:`Dev`$p)'],
  ['INSERT (:A), (b)', 'INSERT (:A&`Dev`), (b:`Dev`)'],
  ['MATCH (a) WITH 1 AS b CREATE (a)', 'MATCH (a:`Dev`) WITH 1 AS b CREATE (a:`Dev`)'],
  ['MATCH (a) CALL { CREATE (a) }', 'MATCH (a:`Dev`) CALL { CREATE (a:`Dev`) }'],
  ['MATCH (`a`) CALL (a) { CREATE (a)-[:X]->() }', 'MATCH (`a`:`Dev`) CALL (a) { CREATE (a)-[:X]->(:`Dev`) }'],
  [
    'MATCH (a) CALL (a) { RETURN 1 AS x UNION CREATE (b) RETURN 1 AS x } CREATE (b), (x)',
    'MATCH (a:`Dev`) CALL (a) { RETURN 1 AS x UNION CREATE (b:`Dev`) RETURN 1 AS x } CREATE (b:`Dev`), (x)',
  ],
  [
    'FOREACH (x IN [1] | CREATE (a)) CREATE (a), (x)',
    'FOREACH (x IN [1] | CREATE (a:`Dev`)) CREATE (a:`Dev`), (x:`Dev`)',
  ],
  ['MATCH (a)-[r]->+(b)', 'MATCH (a:`Dev`)((:`Dev`)-[r]->(:`Dev`))+(b:`Dev`)'],
  [
    'MATCH (a)-[*]->(b) WHERE a.x OR b.x RETURN a',
    'MATCH isolane_path1 = (a:`Dev`)-[*]->(b:`Dev`) WHERE all(isolane_node IN nodes(isolane_path1) WHERE isolane_node:`Dev`) AND ( a.x OR b.x) RETURN a',
  ],
  [
    'MATCH p = (a)-[*]-(b), q = shortestPath((a)-[*]-(c)) RETURN 1',
    'MATCH p = (a:`Dev`)-[*]-(b:`Dev`), q = shortestPath((a:`Dev`)-[*]-(c:`Dev`)) WHERE all(isolane_node IN nodes(`p`) WHERE isolane_node:`Dev`) AND all(isolane_node IN nodes(`q`) WHERE isolane_node:`Dev`) RETURN 1',
  ],
  [
    'MATCH (n) RETURN labels(n), labels(n) AS l',
    "MATCH (n:`Dev`) RETURN [isolane_label IN labels(n) WHERE isolane_label <> 'Dev'] AS `labels(n)`, [isolane_label IN labels(n) WHERE isolane_label <> 'Dev'] AS l",
  ],
  ['RETURN COUNT { (a) }, "`"', 'RETURN COUNT { (a:`Dev`) } AS `COUNT { (a) }`, "`"'],
  ['MATCH (isolane_x) RETURN labels(isolane_x) AS l', /\(isolane_x:`Dev`\) RETURN \[isolane__label IN/],
] as const)('%s', (query, expected) => {
  if (typeof expected === 'string') expect(rewrite(query, namespace)).toBe(expected)
  else expect(rewrite(query, namespace)).toMatch(expected)
})

test('all of Cypher that can be kept in a namespace is', () => {
  for (const query of [...reads, ...writes]) expect(() => rewrite(query, namespace), query).not.toThrow()
})

test('what can not be kept in it for sure is refused, and the message says what and what to do', () => {
  for (const [query, says] of refused) {
    expect(() => rewrite(query, namespace), query).toThrow(
      expect.objectContaining({ code: 'ISOLANE_QUERY_REFUSED', message: expect.stringMatching(says) }),
    )
  }
})

test('a query that is cut off or changed at any place is read or refused, and never breaks the reader', () => {
  for (const query of [...reads, ...writes]) {
    for (let at = 0; at < query.length; at += 7) {
      for (const changed of [query.slice(0, at), query.slice(0, at) + query.slice(at + 1)]) {
        try {
          rewrite(changed, namespace)
        } catch (error) {
          expect(error, changed).toMatchObject({ code: 'ISOLANE_QUERY_REFUSED' })
        }
      }
    }
  }
})
