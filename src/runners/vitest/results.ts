import type { TestCase, TestModule, TestSuite, Vitest } from 'vitest/node'
import { addResults, type FileResult, resultsFile } from '../../matrix/add-results.ts'

/** Runs that are told already. On the global object: Vitest loads the set-up anew for each project. */
const key = Symbol.for('isolane.vitest.told')
const home = globalThis as { [key]?: WeakSet<Vitest> }

/** For `ISOLANE_RESULTS_FILE`, once for each run: what all its test files came to, whichever project they are of. */
export function tellResults(vitest: Vitest): void {
  const file = resultsFile()
  home[key] ??= new WeakSet()
  if (file === undefined || home[key].has(vitest)) return
  home[key].add(vitest)
  const hasProjects = vitest.projects.length > 1
  for (const module of vitest.state.getTestModules()) {
    addResults(file, module.moduleId, resultsOf(module, hasProjects ? `[${module.project.name}] ` : ''))
  }
}

function resultsOf(module: TestModule, project: string): FileResult[] {
  const tests = [...module.children.allTests()].map((test) => resultOf(test, project))
  // Of hooks, or of what the file does when it is loaded.
  const broken = [module, ...module.children.allSuites()].flatMap((suite) => brokenOf(suite, project))
  return [...tests, ...broken]
}

function resultOf(test: TestCase, project: string): FileResult {
  const { state, errors } = test.result()
  const result = { name: project + test.fullName, milliseconds: test.diagnostic()?.duration ?? 0 }
  if (state === 'failed') return { ...result, status: state, failure: textOf(errors) }
  return { ...result, status: state === 'passed' ? 'passed' : 'skipped' }
}

function brokenOf(suite: TestModule | TestSuite, project: string): FileResult[] {
  const errors = suite.errors()
  if (errors.length === 0) return []
  const name = project + (suite.type === 'suite' ? suite.fullName : 'the file')
  return [{ name, status: 'failed', milliseconds: 0, failure: textOf(errors) }]
}

function textOf(errors: readonly { readonly message: string }[]): string {
  return errors.map(({ message }) => message).join('\n')
}
