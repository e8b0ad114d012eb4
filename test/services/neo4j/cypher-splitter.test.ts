import { expect, test } from 'vitest'
import { ShellCommand, statements } from '../../../src/services/neo4j/cypher-splitter.ts'

const split = (source: string) => [...statements(source)].map(({ text }) => text)

test('splits at semicolons only where they end a statement', () => {
  const source = `
    // a comment; with a semicolon and an apostrophe: don't
    CREATE (:A {text: 'one; \\'two\\'; "three"'}); /* block; comment */
    CREATE (:\`odd;label\` {url: "http://x/;"}) // and 'after
    ;;
    MATCH (n) RETURN n.x / 2, 'ends without a semicolon'
  `
  expect(split(source)).toEqual([
    `CREATE (:A {text: 'one; \\'two\\'; "three"'})`,
    'CREATE (:`odd;label` {url: "http://x/;"})',
    "MATCH (n) RETURN n.x / 2, 'ends without a semicolon'",
  ])
})

test('keeps comments inside a statement, and knows where it begins', () => {
  const source = '\n\nCREATE (a)\n// why;\nCREATE (b);\nRETURN 1'
  expect([...statements(source)]).toEqual([
    { text: 'CREATE (a)\n// why;\nCREATE (b)', offset: 2 },
    { text: 'RETURN 1', offset: source.indexOf('RETURN') },
  ])
})

test('an empty file, or one of comments only, has no statement', () => {
  expect(split('')).toEqual([])
  expect(split('// nothing\n/* here */ ;\n')).toEqual([])
})

test('an unfinished text runs to the end, for the server to complain about', () => {
  expect(split("RETURN 'open; RETURN 2")).toEqual(["RETURN 'open; RETURN 2"])
})

test("passes over cypher-shell's :begin and :commit, and refuses its other commands", () => {
  expect(split(':begin\nCREATE (a);\n:commit\n')).toEqual(['CREATE (a)'])
  expect(() => split('CREATE (a);\n:param x => 1\n')).toThrow(ShellCommand)
})
