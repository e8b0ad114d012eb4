import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { execa } from 'execa'
import { expect, test } from 'vitest'
import { buildHost } from '../../../neo4j-host/build.ts'
import type { EngineSpec } from '../../../src/core/contracts.ts'
import { cacheFolder } from '../../../src/core/folders.ts'
import { silent } from '../../../src/core/report.ts'
import { allJavas, installEngine } from '../../../src/runtimes/native/index.ts'
import { long } from '../../long.ts'
import { connect, laneId, open, query } from './fixture.ts'

const server: EngineSpec = {
  name: 'neo4j',
  version: '5.26',
  packages: [{ registry: 'maven', name: 'org.neo4j:neo4j', version: '5.26', contents: { kind: 'jars' } }],
}

const source = `
package greeting;
import java.util.stream.Stream;
import org.neo4j.procedure.*;
public class Greeting {
    @UserFunction("greeting.hello") public String hello(@Name("name") String name) { return "hello " + name; }
}`

test.skipIf(long)(
  `a plugin’s functions are there in migrations and in every lane${long}`,
  { timeout: 300_000 },
  async () => {
    const root = mkdtempSync(join(tmpdir(), 'isolane-neo4j-plugins-'))
    try {
      const engine = await installEngine(server, { cacheFolder: cacheFolder(), report: silent })
      mkdirSync(join(root, 'plugins'))
      writeFileSync(join(root, 'Greeting.java'), source)
      await execa('javac', [
        '--release',
        '17',
        '-nowarn',
        '-cp',
        `${engine.folder}/lib/*`,
        '-d',
        root,
        join(root, 'Greeting.java'),
      ])
      await execa('jar', ['cf', 'plugins/greeting.jar', 'greeting'], { cwd: root })
      writeFileSync(join(root, '1.cypher'), "CREATE (:Said {text: greeting.hello('template')})")
      await using opened = await open({ plugins: './plugins', migrations: './1.cypher' }, { root })
      for (const number of [1, 2]) {
        const lane = await opened.session.createLane(laneId(number))
        await using driver = connect(lane)
        expect(
          await query(driver, lane, "MATCH (s:Said) RETURN s.text AS text, greeting.hello('lane') AS mine"),
        ).toEqual([{ text: 'hello template', mine: 'hello lane' }])
      }
    } finally {
      rmSync(root, { recursive: true, force: true })
    }
  },
)

test.skipIf(long)(`APOC by its name is provided with what it needs${long}`, { timeout: 300_000 }, async () => {
  await using opened = await open({ plugins: ['apoc'] })
  const [lane] = await Promise.all([1, 2].map((number) => opened.session.createLane(laneId(number))))
  if (!lane) throw new Error('no lane')
  await using driver = connect(lane)
  await query(driver, lane, "CALL apoc.create.node(['Made'], {by: 'apoc'}) YIELD node RETURN node")
  const [row] = await query(
    driver,
    lane,
    "MATCH (m:Made) RETURN apoc.text.join([m.by, apoc.util.md5(['a'])], ' ') AS text, apoc.version() AS version",
  )
  expect(row).toEqual({
    text: 'apoc 0cc175b9c0f1b6a831c399e269772661',
    version: expect.stringMatching(/^5\.26\./),
  })
})

test('jars of Enterprise are not run: its licence is the user’s to accept', async () => {
  const root = mkdtempSync(join(tmpdir(), 'isolane-neo4j-test-'))
  const jar = join(import.meta.dirname, '../../../dist/neo4j-host.jar')
  await buildHost(jar)
  const folder = join(root, 'com/neo4j/server/enterprise')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'EnterpriseEntryPoint.class'), '')
  const engine = await installEngine(server, { cacheFolder: cacheFolder(), report: silent })
  const classPath = [jar, `${engine.folder}/lib/*`, root].join(delimiter)
  const java = (await allJavas()).find(({ major }) => major >= 17)
  const { exitCode, stderr } = await execa(
    java?.program ?? 'none',
    ['-cp', classPath, 'isolane.neo4j.Host', `--data=${root}/data`],
    {
      reject: false,
    },
  )
  expect(exitCode).toBe(1)
  expect(stderr).toMatch(/^ENTERPRISE: .*whose licence only you can accept.*`acceptLicense`/)
  rmSync(root, { recursive: true })
})
