import { describe, expect, test } from 'vitest'
import { lackingForDocker } from '../docker.ts'
import { long } from '../long.ts'
import { runExample } from './example.ts'

const lacking = await lackingForDocker('qdrant/qdrant:v1.15')

describe.skipIf(lacking)(`examples/vectors${lacking}`, () => {
  test.skipIf(long)(`passes, with its store in Docker and Redis as a local process${long}`, async () => {
    const { exitCode, output } = await runExample('vectors', { ISOLANE_RUNTIME: 'native' })
    expect(exitCode, output).toBe(0)
    expect(output).toMatch(/vectors \(qdrant v1\.15\), redis \(valkey \S+\) on docker, native, shared/)
    expect(output).toMatch(/Tests\s+7 passed/)
  })
})
