import { container, defineStack, redis } from 'isolane'
import { VectorStore } from './src/vector-store.ts'

export default defineStack({
  services: {
    vectors: container({
      image: 'qdrant/qdrant:v1.15',
      ports: { http: 6333 },
      environment: { QDRANT__SERVICE__API_KEY: '{password}' },
      data: ['/qdrant/storage'],
      wait: { http: '/readyz', port: 'http' },
      // One server for all: each lane's collections begin with its name.
      lane: {
        create: ({ name, credentials }) => ({ prefix: `${name}-`, key: credentials.password }),
        reset: (_server, lane) => new VectorStore(lane).dropAll(),
      },
      env: (lane) => ({ QDRANT_URL: lane.url, QDRANT_API_KEY: lane.key, QDRANT_PREFIX: lane.prefix }),
    }),
    redis: redis(),
  },
})
