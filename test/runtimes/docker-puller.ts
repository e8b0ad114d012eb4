/** A process of its own that brings in one image. */
import { silent } from '../../src/core/report.ts'
import { findEngine } from '../../src/runtimes/docker/engine.ts'
import { provideImage } from '../../src/runtimes/docker/images.ts'

const found = await findEngine()
if ('closed' in found) throw new Error(found.closed.reason)
await provideImage(found.engine, process.argv[2] ?? '', { report: silent, signal: new AbortController().signal })
