import { describe, expect, test } from 'vitest'
import { MetaCommand, statements } from '../../../src/services/postgres/sql-splitter.ts'

const texts = (file: string) => [...statements(file)].map((statement) => statement.text)

describe('splitting a SQL file', () => {
  test.each([
    ['two statements', 'SELECT 1; SELECT 2;', ['SELECT 1', 'SELECT 2']],
    ['no semicolon at the end', 'SELECT 1;\nSELECT 2\n', ['SELECT 1', 'SELECT 2\n']],
    ['nothing', ' \n -- nothing\n/* at /* all */ ; */ ;;', []],
    ['a string with a semicolon', "SELECT ';', 'it''s;' ; SELECT 2", ["SELECT ';', 'it''s;' ", 'SELECT 2']],
    ['an escape string', String.raw`SELECT E'\';', e'\\'; SELECT 2`, [String.raw`SELECT E'\';', e'\\'`, 'SELECT 2']],
    ['a plain string with a backslash', String.raw`SELECT '\'; SELECT 2`, [String.raw`SELECT '\'`, 'SELECT 2']],
    ['a quoted name', 'SELECT 1 AS "a;""b"; SELECT 2', ['SELECT 1 AS "a;""b"', 'SELECT 2']],
    ['dollar quotes', 'DO $$ BEGIN; END $$; SELECT $a$ $$; $a$', ['DO $$ BEGIN; END $$', 'SELECT $a$ $$; $a$']],
    ['a dollar inside a name', 'SELECT a$b$c; SELECT 2', ['SELECT a$b$c', 'SELECT 2']],
    ['parameters are no dollar quotes', 'PREPARE p AS SELECT $1; SELECT $2', ['PREPARE p AS SELECT $1', 'SELECT $2']],
    ['a line comment', 'SELECT 1 -- ; not here\n; SELECT 2', ['SELECT 1 -- ; not here\n', 'SELECT 2']],
    [
      'a rule',
      'CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2); SELECT 3',
      ['CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2)', 'SELECT 3'],
    ],
    [
      'a standard SQL body',
      'CREATE OR REPLACE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END; SELECT 3',
      [
        'CREATE OR REPLACE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END',
        'SELECT 3',
      ],
    ],
    ['a transaction is no body', 'BEGIN; SELECT 1; END; SELECT 2', ['BEGIN', 'SELECT 1', 'END', 'SELECT 2']],
    ['a byte order mark', '\ufeffSELECT 1;', ['SELECT 1']],
    ['names beyond ASCII', 'SELECT 1 AS größe; SELECT $ä$;$ä$', ['SELECT 1 AS größe', 'SELECT $ä$;$ä$']],
    ['an open string', "SELECT 'a; SELECT 2", ["SELECT 'a; SELECT 2"]],
    ['line ends of Windows', 'SELECT 1;\r\nSELECT 2;\r\n', ['SELECT 1', 'SELECT 2']],
  ])('%s', (_, file, expected) => {
    expect(texts(file)).toEqual(expected)
  })

  test('tells where each statement begins', () => {
    const file = '-- first\nSELECT 1;\n\n  /* second */ SELECT 2;'
    expect([...statements(file)].map(({ offset, text }) => file.slice(offset, offset + text.length))).toEqual([
      'SELECT 1',
      'SELECT 2',
    ])
  })

  test('keeps the data of COPY, which may look like anything', () => {
    const file =
      "COPY t (a, b) FROM stdin;\n1\tit's; -- \\n\n2\t\\N\n\\.\n\nSELECT 2;\nCOPY u FROM STDIN WITH (FORMAT csv);\n\\.\n"
    expect([...statements(file)].map(({ text, data }) => [text, data])).toEqual([
      ['COPY t (a, b) FROM stdin', "1\tit's; -- \\n\n2\t\\N\n"],
      ['SELECT 2', undefined],
      ['COPY u FROM STDIN WITH (FORMAT csv)', ''],
    ])
  })

  test('passes over what pg_dump writes for psql alone', () => {
    expect(texts('\\restrict abc\nSELECT 1;\n\\unrestrict abc\n')).toEqual(['SELECT 1'])
  })

  test.each(['\\i other.sql', 'SELECT 1 \\gset', '\\connect other'])('refuses %s', (file) => {
    expect(() => texts(file)).toThrow(MetaCommand)
  })
})
