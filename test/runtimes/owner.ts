/** A process of its own that starts one instance, prints its endpoint as a line of JSON, and waits to be ended. */
import { Run } from '../../src/core/run.ts'
import { createNativeRuntime } from '../../src/runtimes/native/index.ts'
import { durable, postgresSpec, redisEngine, redisSpec, valkeyEngine } from './specs.ts'

const [kind = '', runsFolder = '', cacheFolder = '', keep = ''] = process.argv.slice(2)
const specs: Record<string, () => ReturnType<typeof postgresSpec>> = {
  valkey: () => redisSpec(valkeyEngine()),
  redis: () => redisSpec(redisEngine()),
}
const plain = specs[kind]?.() ?? postgresSpec(kind)
const spec = keep ? durable(plain) : plain

const warnings: string[] = []
const run = new Run(runsFolder, process.cwd())
const runtime = createNativeRuntime({
  run,
  cacheFolder,
  report: ({ kind: level, text }) => {
    if (level === 'warning') warnings.push(text)
  },
})
try {
  const instance = await runtime.start(spec, { signal: new AbortController().signal, ...(keep ? { keep } : {}) })
  process.stdout.write(`${JSON.stringify({ endpoint: instance.endpoint, pid: instance.pid, warnings })}\n`)
  // `end`: leave without disposing. Otherwise the open input keeps this process until somebody ends it.
  process.stdin.once('data', () => process.exit(0)).once('end', () => process.exit(0))
} catch (error) {
  process.stdout.write(
    `${JSON.stringify({ error: String(error), code: (error as { code?: string }).code, warnings })}\n`,
  )
}
