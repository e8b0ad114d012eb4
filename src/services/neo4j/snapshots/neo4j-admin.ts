import type { Instance } from '../../../core/contracts.ts'
import { IsolaneError } from '../../../core/errors.ts'
import { unsupportedHere } from './unsupported.ts'

/** As the user that the server runs as: it could not open what others have written. */
const asTheServer = `command -v neo4j-admin > /dev/null || exit 127
[ "$(id -u)" = 0 ] || exec neo4j-admin "$@"
for drop in gosu su-exec; do
  if command -v "$drop" > /dev/null; then exec "$drop" neo4j neo4j-admin "$@"; fi
done
exec setpriv --reuid=neo4j --regid=neo4j --init-groups neo4j-admin "$@"`
const notFound = 127

/** Neo4j's own dump of a stopped database, as the program writes it. */
export async function* dumpOf(instance: Instance, database: string): AsyncGenerator<Uint8Array> {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
  const writer = writable.getWriter()
  const running = admin(instance, ['dump', database, '--to-stdout'], { output: (piece) => writer.write(piece) })
  running
    .then(
      () => writer.close(),
      (error) => writer.abort(error),
    )
    .catch(() => {})
  try {
    // Left early, the next write fails, and with it the program.
    yield* readable
    await running
  } finally {
    await running.catch(() => {})
  }
}

/** Puts a dump in the place of a stopped database. */
export async function loadDump(instance: Instance, database: string, dump: AsyncIterable<Uint8Array>): Promise<void> {
  let broken: { readonly error: unknown } | undefined
  async function* input() {
    try {
      yield* dump
    } catch (error) {
      broken = { error }
      throw error
    }
  }
  try {
    await admin(instance, ['load', database, '--from-stdin', '--overwrite-destination=true'], { input: input() })
  } catch (error) {
    throw broken ? broken.error : error
  }
  if (broken) throw broken.error
}

type Streams = Pick<Parameters<NonNullable<Instance['run']>>[0], 'input' | 'output'>

async function admin(instance: Instance, words: readonly string[], streams: Streams): Promise<void> {
  const result = await instance.run?.({
    program: 'sh',
    arguments: ['-c', asTheServer, 'sh', 'database', ...words],
    ...streams,
  })
  if (!result || result.exitCode === notFound) throw unsupportedHere('there is no neo4j-admin where the server runs')
  if (result.exitCode === 0) return
  throw new IsolaneError({
    code: 'ISOLANE_SNAPSHOT_FAILED',
    message: `neo4j-admin database ${words[0]} ended with exit code ${result.exitCode}`,
    remedy: 'see what it wrote below',
    output: result.errors,
  })
}
