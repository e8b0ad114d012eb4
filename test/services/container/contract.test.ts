/** A vector store as docs/custom-services.md describes it passes the suite that Isolane's own services pass. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe } from 'vitest'
import { VectorStore } from '../../../examples/vectors/src/vector-store.ts'
import { builtInRuntime } from '../../../src/contract-tests/built-in-runtime.ts'
import { serviceContract } from '../../../src/contract-tests/service.ts'
import { container } from '../../../src/services/container/index.ts'
import { lackingForDocker } from '../../docker.ts'

const image = 'qdrant/qdrant:v1.15'
const lacking = await lackingForDocker(image)

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
