/** A process of its own that installs one engine and prints how that went as a line of JSON. */
import { type EngineContext, installEngine } from '../../src/runtimes/native/index.ts'
import { postgresEngine, redisEngine, valkeyEngine } from './specs.ts'

const [kind = '', cacheFolder = ''] = process.argv.slice(2)
const engines = { valkey: valkeyEngine, redis: redisEngine }
const spec = kind in engines ? engines[kind as keyof typeof engines]() : postgresEngine(kind)
const texts: string[] = []
const context: EngineContext = { cacheFolder, report: ({ text }) => texts.push(text) }
try {
  const engine = await installEngine(spec, context)
  process.stdout.write(`${JSON.stringify({ folder: engine.folder, version: engine.version, texts })}\n`)
} catch (error) {
  const { code } = error as { code?: string }
  process.stdout.write(`${JSON.stringify({ error: String(error), code, texts })}\n`)
}
