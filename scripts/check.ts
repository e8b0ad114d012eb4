/** `npm run check`: format, lint with the import rule, types, unused files and dependencies. All of them, then one verdict. */
import { run } from './run.ts'

const verdicts = [await run('biome', 'ci', '.'), await run('tsc', '--project', '.'), await run('knip')]
process.exit(verdicts.every(Boolean) ? 0 : 1)
