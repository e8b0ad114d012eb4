import type { ForeignSupport, ServiceContext, StateSummary } from '../../../core/contracts.ts'
import { IsolaneError, isIsolaneError, messageOf } from '../../../core/errors.ts'
import { fingerprint } from '../../../core/fingerprint.ts'
import { StateContents } from '../../../core/state-contents.ts'
import { readSchema, type SchemaItem } from '../graph/schema.ts'
import { graphFile, graphFormat, graphLines } from './graph-lines.ts'
import { ForeignServer } from './server.ts'

/** What a graph's lines take at most, above what is always there: about what a store has for each. */
const [emptyBytes, nodeBytes, relationshipBytes] = [100_000, 500, 300]

/** Graphs of any server of Neo4j 5 or newer, over Bolt. */
export const foreign: ForeignSupport = {
  async save(url, files, context) {
    return reading(url, async (server) => {
      const schema = await schemaOf(server, context)
      const contents = new StateContents()
      await files.write(graphFile, graphLines(server, schema, contents))
      await contents.write(files)
      return summaryOf(server, schema, contents)
    })
  },

  async describe(url, context) {
    return reading(url, async (server) => {
      const schema = await schemaOf(server, context)
      const contents = new StateContents()
      for await (const _ of graphLines(server, schema, contents));
      return summaryOf(server, schema, contents)
    })
  },

  async size(url) {
    return reading(url, async (server) => {
      const count = async (pattern: string) => {
        const [row] = await server.rows<{ count: bigint }>('', `MATCH ${pattern} RETURN count(*) AS count`)
        return Number(row?.count)
      }
      return emptyBytes + nodeBytes * (await count('(n)')) + relationshipBytes * (await count('()-[r]->()'))
    })
  },
}

/** @throws ISOLANE_SERVER_UNREACHABLE, ISOLANE_VERSION_UNSUPPORTED, ISOLANE_SNAPSHOT_FAILED */
async function reading<Result>(url: string, work: (server: ForeignServer) => Promise<Result>): Promise<Result> {
  await using server = await ForeignServer.open(url)
  try {
    await server.version()
    return await work(server)
  } catch (error) {
    if (isIsolaneError(error) || (error as NodeJS.ErrnoException).syscall) throw error
    throw new IsolaneError({
      code: 'ISOLANE_SNAPSHOT_FAILED',
      message: `The graph at ${server.url} could not be read: ${messageOf(error).split('\n')[0]}`,
      remedy: 'try again when nothing writes to it; it was only read, and is as it was',
      cause: error,
    })
  }
}

/** Community, which environments are on, keeps no constraints but those of uniqueness. */
async function schemaOf(server: ForeignServer, { name, report }: ServiceContext): Promise<readonly SchemaItem[]> {
  const schema = await readSchema(server, '')
  const isKept = ({ kind, statement }: SchemaItem) => kind === 'INDEX' || / IS UNIQUE\b/.test(statement)
  for (const item of schema.filter((each) => !isKept(each))) {
    const text = `the constraint ${item.name} is left out: Neo4j Community, which environments are on, has none of its kind`
    report({ kind: 'warning', subject: name, text })
  }
  return schema.filter(isKept)
}

async function summaryOf(
  server: ForeignServer,
  schema: readonly SchemaItem[],
  contents: StateContents,
): Promise<StateSummary> {
  const [row] = await server.rows<{ name: string }>('', 'CALL db.info() YIELD name RETURN name')
  return {
    format: graphFormat,
    version: await server.version(),
    details: { database: row?.name ?? '' },
    schema: fingerprint(...schema.map(({ name, statement }) => `${name} ${statement}`)),
    ...contents.summary(),
  }
}
