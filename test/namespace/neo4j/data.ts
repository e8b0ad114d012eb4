/** Two namespaces' data that overlap in all but their label, and relationships between them that queries must not follow. */
const dev = `
CREATE (ann:Person $L {name: 'Ann', age: 31, tags: ['a', 'b']}), (bob:Person $L {name: 'Bob', age: 42}),
  (cid:Person $L {name: 'Cid', age: 17}), (dan:Person $L {name: 'Dan', age: 65}),
  (eve:Person:Admin $L {name: 'Eve', age: 28}), (bare $L {name: 'bare'}),
  (oslo:City $L {name: 'Oslo', people: 700}), (rome:City $L {name: 'Rome', people: 2800}),
  (s1:Stop $L {n: 1}), (s2:Stop $L {n: 2}), (s3:Stop $L {n: 3}), (s4:Stop $L {n: 4}), (:\`A b\` $L {\`a key\`: 1}),
  (ann)-[:KNOWS {since: 2001}]->(bob), (bob)-[:KNOWS {since: 2005}]->(cid), (cid)-[:KNOWS {since: 2011}]->(dan),
  (ann)-[:LIKES {stars: 5}]->(cid), (eve)-[:KNOWS {since: 2020}]->(eve), (eve)-[:MANAGES]->(ann), (bare)-[:LIKES]->(bob),
  (ann)-[:LIVES_IN]->(oslo), (bob)-[:LIVES_IN]->(oslo), (cid)-[:LIVES_IN]->(rome), (dan)-[:LIVES_IN]->(rome),
  (s1)-[:NEXT {minutes: 3}]->(s2), (s2)-[:NEXT {minutes: 5}]->(s3), (s3)-[:NEXT {minutes: 7}]->(s4)`

const test = `
CREATE (ann:Person:Test {name: 'Ann', age: 99, tags: ['z']}), (zed:Person:Admin:Test {name: 'Zed', age: 42}),
  (bare:Test {name: 'bare'}), (oslo:City:Test {name: 'Oslo', people: 1}), (:Stop:Test {n: 5}), (s:Stop:Test {n: 0}),
  (ann)-[:KNOWS {since: 1990}]->(zed), (zed)-[:LIVES_IN]->(oslo), (bare)-[:LIKES]->(ann), (zed)-[:MANAGES]->(ann)`

/** Shortcuts through the other namespace. */
const between = [
  `MATCH (a:Dev {name: 'Ann'}), (z:Test {name: 'Zed'}), (d:Dev {name: 'Dan'})
   CREATE (a)-[:KNOWS {since: 1}]->(z), (z)-[:KNOWS {since: 2}]->(d), (z)-[:LIVES_IN]->(a)`,
  `MATCH (a:Dev {n: 1}), (s:Test {n: 0}), (d:Dev {n: 4})
   CREATE (a)-[:NEXT {minutes: 1}]->(s), (s)-[:NEXT {minutes: 1}]->(d), (s)-[:NEXT {minutes: 1}]->(s)`,
]

/** What makes a database that both share. */
export const shared = ['MATCH (n) DETACH DELETE n', dev.replaceAll(' $L', ':Dev'), test, ...between]

/** What makes one with nothing but Dev's data, without any label of a namespace. */
export const plain = ['MATCH (n) DETACH DELETE n', dev.replaceAll(' $L', '')]
