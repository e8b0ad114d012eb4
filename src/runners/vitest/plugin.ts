import { createRequire } from 'node:module'
import type { Plugin } from 'vitest/config'
import type { StackConfig, Versions } from '../../core/config.ts'
import { IsolaneError } from '../../core/errors.ts'

/** What the set-up reads of the plugin. */
export interface PluginApi {
  /** The stack, inline. */
  readonly options: StackConfig | undefined
  /** Where `isolane.config.ts` is looked for. Default: the project's root. */
  readonly folder?: string
  /** Of this project's stack, in place of those that its config has. */
  readonly versions?: Versions
}

export function pluginFor(api: PluginApi): Plugin {
  const require = createRequire(import.meta.url)
  const setup = require.resolve('isolane/vitest/setup')
  const lane = require.resolve('isolane/vitest/lane')
  return {
    name: 'isolane',
    enforce: 'pre',
    // The set-up finds its options here: several projects of one root may each have their own.
    api,
    config(user) {
      const test = (user.test ?? {}) as TestOptions
      user.test = {
        ...test,
        globalSetup: prepend(setup, test.globalSetup),
        setupFiles: prepend(lane, test.setupFiles),
        sequence: { ...test.sequence, setupFiles: 'list' },
        // Projects that share a server (Vitest 5) take over the options as they were before any plugin saw them.
        sharedViteServer: false,
      }
    },
    configureVitest({ project }) {
      if (!project.config.setupFiles.map(normalised).includes(normalised(lane))) throw notSetUp(project.name)
    },
  }
}

interface TestOptions {
  globalSetup?: string | string[]
  setupFiles?: string | string[]
  sequence?: object
  sharedViteServer?: boolean
}

function prepend(file: string, files: string | string[] | undefined): string[] {
  return [file, ...[files ?? []].flat().filter((other) => other !== file)]
}

function normalised(path: string): string {
  return path.replaceAll('\\', '/')
}

function notSetUp(project: string): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_SETUP_MISSING',
    message: `The Vitest project "${project}" uses the isolane plugin, but Vitest did not let it add its set-up file`,
    remedy: 'set `test: { sharedViteServer: false }` in the root config, or list the plugin in that project itself',
  })
}
