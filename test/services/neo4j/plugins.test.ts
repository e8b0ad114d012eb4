import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { expect, test } from 'vitest'
import { connect, laneId, open, query } from './fixture.ts'

const source = `
package greeting;
import java.util.stream.Stream;
import org.neo4j.procedure.*;
public class Greeting {
    @UserFunction("greeting.hello") public String hello(@Name("name") String name) { return "hello " + name; }
}`

test('a plugin’s functions are there in migrations and in every lane', { timeout: 300_000 }, async () => {
  const root = mkdtempSync(join(tmpdir(), 'isolane-neo4j-plugins-'))
  try {
    // Any lane's engine tells where Neo4j's jars are.
    await using plain = await open()
    const engine = plain.instance.origin.split(' ')[0]
    mkdirSync(join(root, 'plugins'))
    writeFileSync(join(root, 'Greeting.java'), source)
    await execa('javac', [
      '--release',
      '17',
      '-nowarn',
      '-cp',
      `${engine}/lib/*`,
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
      expect(await query(driver, lane, "MATCH (s:Said) RETURN s.text AS text, greeting.hello('lane') AS mine")).toEqual(
        [{ text: 'hello template', mine: 'hello lane' }],
      )
    }
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
})
