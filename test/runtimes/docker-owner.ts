/** A process of its own that starts one instance in Docker, prints where it is, and waits to be ended. */
import type { InstanceSpec } from '../../src/core/contracts.ts'
import { silent } from '../../src/core/report.ts'
import { Run } from '../../src/core/run.ts'
import { createDockerRuntime } from '../../src/runtimes/docker/index.ts'
import { nameOf } from './docker-fixture.ts'

const { runsFolder, spec, options } = JSON.parse(process.argv[2] ?? '') as {
  runsFolder: string
  spec: InstanceSpec
  options: { keep?: string }
}
const run = new Run(runsFolder, process.cwd())
const runtime = createDockerRuntime({ run, cacheFolder: '', report: silent })
const instance = await runtime.start(spec, { ...options, signal: new AbortController().signal })
process.stdout.write(`${JSON.stringify({ endpoint: instance.endpoint, name: nameOf(instance) })}\n`)
process.stdin.once('data', async () => {
  await instance[Symbol.asyncDispose]()
  run.end()
})
