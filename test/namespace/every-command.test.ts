import type { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isIsolaneError } from '../../src/core/errors.ts'
import { keyspace } from '../../src/namespace/redis/keyspace.ts'
import { long, longMatrix } from '../long.ts'
import { type DocumentedCommand, documentedCommands, listedCommands } from './commands/documented.ts'
import { notRepeatable, onlyInOlder, outsideOfThisTest, unordered } from './commands/exceptions.ts'
import { generatedArguments, randomOf } from './commands/generated.ts'
import { contents, fill, prepareServer } from './commands/values.ts'
import { type Server, startServer } from './servers.ts'

const calls = 8
/** Where there is no time, every 60th command stands for all. */
const share = long ? 60 : 1

/**
 * For every command that a server lists: called through a keyspace, by a user whom the server lets touch `dev:*` alone,
 * it answers as a plain client is answered by a server with the same keys and nothing else, and leaves the same behind;
 * or it is refused, and then it has no keys.
 */
describe.each(longMatrix(['valkey@9', '7', '6.2']))('every command of %o', ({ value: version, why }) => {
  let server: Server
  let alone: Server
  let documented: Map<string, DocumentedCommand>

  beforeAll(async () => {
    if (why) return
    ;[server, alone] = await Promise.all([startServer(version), startServer(version)])
    await Promise.all([prepareServer(server.connect()), prepareServer(alone.connect())])
    if (version === '6.2') {
      await using newer = await startServer('7')
      documented = new Map([...(await documentedCommands(newer.connect())), ...onlyInOlder])
    } else documented = await documentedCommands(server.connect())
  })
  afterAll(async () => {
    await Promise.all([server?.[Symbol.asyncDispose](), alone?.[Symbol.asyncDispose]()])
  })

  test.skipIf(why)(
    'stays within its namespace, or is refused',
    async () => {
      const administrator = server.connect()
      const reference = alone.connect()
      const own = keyspace(server.connectConfined(), 'dev')
      const unconfined = keyspace(server.connect(), 'dev')
      const listed = await listedCommands(administrator)
      const known = new Set(listed.map(({ name }) => name))
      const older = version === '6.2' ? subcommands(documented, known) : []
      const outcome = { kept: 0, refused: 0, answered: 0 }

      const all = [...listed, ...older].sort((one, other) => (one.name < other.name ? -1 : 1))
      for (const { name, keyed, container } of all.filter((_, at) => at % share === 0)) {
        if (container || older.some((other) => other.name.startsWith(`${name}|`)) || outsideOfThisTest.has(name))
          continue
        const described = documented.get(name)
        if (!described) throw new Error(`nothing is known of the arguments of ${name}: describe it in exceptions.ts`)
        await Promise.all([refill(administrator, true), refill(reference, false)])
        const before = await contents(administrator)
        const random = randomOf(1)
        let refused = 0
        for (let call = 0; call < calls; call++) {
          const args = generatedArguments(described, random)
          const [command = '', ...subcommand] = name.split('|')
          const rest = [...subcommand, ...args]
          let reply = await answer(own, command, rest)
          // Names that are made up from patterns are for those who may read every key.
          if (/denied due to insufficient ACL/.test(String(reply))) reply = await answer(unconfined, command, rest)
          const said = `${name} ${args.join(' ')}: ${printed(reply, unordered.has(name))}`
          if (isIsolaneError(reply, 'ISOLANE_QUERY_REFUSED')) {
            refused++
            continue
          }
          expect(said).not.toMatch(/NOPERM/)
          const expected = await answer(reference, command, rest)
          if (!(expected instanceof Error)) outcome.answered++
          if (!notRepeatable.has(name))
            expect(said).toBe(`${name} ${args.join(' ')}: ${printed(expected, unordered.has(name))}`)
        }
        const after = await contents(administrator)
        expect(after.filter(isOthers), `${name} and the keys of others`).toEqual(before.filter(isOthers))
        const left = after.filter((line) => !isOthers(line)).map((line) => line.slice('dev:'.length))
        if (name !== 'spop' && refused === 0)
          expect(left.sort(), `what ${name} left behind`).toEqual(await contents(reference))
        if (keyed) expect(refused, `${name} has keys, and was refused`).toBe(0)
        outcome[refused > 0 ? 'refused' : 'kept']++
      }
      expect(outcome.answered).toBeGreaterThan(1_000 / share)
    },
    120_000,
  )
})

async function refill(client: Redis, shared: boolean): Promise<void> {
  const pipeline = client.pipeline().flushall()
  fill(pipeline, shared ? 'dev:' : '', '')
  if (shared) for (const prefix of ['', 'other:', 'dev']) fill(pipeline, prefix, 'theirs')
  await pipeline.exec()
}

function isOthers(line: string): boolean {
  return !line.startsWith('dev:')
}

async function answer(client: Redis, command: string, args: (string | Buffer)[]): Promise<unknown> {
  try {
    return await client.callBuffer(command, ...args)
  } catch (error) {
    return error
  }
}

function printed(reply: unknown, inAnyOrder = false): string {
  if (reply instanceof Error) return reply.message.replaceAll('dev:', '')
  if (inAnyOrder && Array.isArray(reply)) return JSON.stringify(reply.map((part) => printed(part)).sort())
  return JSON.stringify(reply, (_, value) =>
    value?.type === 'Buffer' ? Buffer.from(value.data).toString('latin1') : value,
  )
}

/** Of a server whose table does not list them. */
function subcommands(documented: ReadonlyMap<string, DocumentedCommand>, known: ReadonlySet<string>) {
  return [...documented.keys()]
    .filter((name) => name.includes('|') && known.has(name.split('|')[0] as string))
    .map((name) => ({ name, keyed: false, container: false }))
}
