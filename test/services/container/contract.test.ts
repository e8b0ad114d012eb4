/** A vector store as docs/custom-services.md describes it passes the suite that Isolane's own services pass. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe } from 'vitest'
import { VectorStore } from '../../../examples/vectors/src/vector-store.ts'
import { builtInRuntime } from '../../../src/contract-tests/built-in-runtime.ts'
import { serviceContract } from '../../../src/contract-tests/service.ts'
import { type ContainerLaneFiles, container } from '../../../src/services/container/index.ts'
import { lackingForDocker } from '../../docker.ts'
import { long } from '../../long.ts'

const image = 'qdrant/qdrant:v1.15'
const lacking = await lackingForDocker(image)

const snapshot: ContainerLaneFiles<'http', { prefix: string }> = {
  save: async (_server, lane, folder) => {
    for (const name of await storeOf(lane).collections()) writeFileSync(join(folder, name), '')
  },
  load: async (_server, lane, folder) => {
    await storeOf(lane).dropAll()
    for (const name of readdirSync(folder)) await storeOf(lane).create(name, 2)
  },
}

const vectors = container({
  image,
  ports: { http: 6333 },
  data: ['/qdrant/storage'],
  wait: { http: '/readyz', port: 'http' },
  lane: {
    create: ({ name }) => ({ prefix: `${name}-` }),
    reset: (_server, lane) => storeOf(lane).dropAll(),
  },
  seed: (_server, lane) => storeOf(lane).create('seeded', 2),
  ...(long ? {} : { snapshot }),
  env: (lane) => ({ QDRANT_URL: lane.url, QDRANT_PREFIX: lane.prefix }),
})

describe.skipIf(lacking)(`a vector store in Docker${lacking}`, () => {
  serviceContract('container', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'isolane-container-test-'))
    return {
      runtime: await builtInRuntime('docker', folder),
      definition: vectors,
      seeded: 1,
      write: (lane) => storeOf(lane).create(`written-${crypto.randomUUID()}`, 2),
      count: async (lane) => (await storeOf(lane).collections()).length,
      damage: (lane) => storeOf(lane).dropAll(),
      dispose: async () => rmSync(folder, { recursive: true, force: true }),
    }
  })
})

function storeOf({ url, prefix }: { url: string; prefix: string }): VectorStore {
  return new VectorStore({ url, prefix, key: '' })
}
