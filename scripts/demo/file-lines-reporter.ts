import type { Reporter, TestModule } from 'vitest/node'

/** One line for each test file, and one for the first error in it. */
export default class FileLinesReporter implements Reporter {
  onTestModuleEnd(file: TestModule): void {
    const name = file.relativeModuleId
    const tests = [...file.children.allTests()]
    const failed = tests.filter((test) => test.result().state === 'failed')
    const errors = [...file.errors(), ...failed.flatMap((test) => test.result().errors ?? [])]
    if (errors.length === 0) {
      console.log(file.state() === 'skipped' ? `  ↓ ${name}: skipped` : `  ✓ ${name}`)
    } else {
      const share = failed.length > 0 ? `${failed.length} of ${tests.length} tests failed` : 'could not run'
      console.log(`  ✗ ${name}: ${share}\n      ${errors[0]?.message.split('\n')[0]}`)
    }
  }
}
