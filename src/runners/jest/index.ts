import type { StackConfig } from 'isolane'
import { IsolaneError } from '../../core/errors.ts'
import { globalSetup, globalTeardown, setupFile, setupFileAfterEnv } from './options.ts'
import { withoutOurs } from './without-ours.ts'
import { type OwnOptions, stackIdName, stackIdOf, wrappedConfigs } from './wrapped.ts'

/** A Jest config, or a function that makes one. Whatever Jest's own type for it is, it fits. */
export type JestConfig = object | (() => object | Promise<object>)

/**
 * Gives every Jest worker its own lane: `export default withIsolane({ … })`.
 *
 * Adds the global set-up and tear-down, and puts the lane's set-up files before the user's own. A preset, an environment,
 * hooks and projects that the config has keep working.
 *
 * @param config the Jest config, or a function that returns it or a promise of it; the same kind is returned
 * @param stack the stack, inline; without it `isolane.config.ts` is loaded from the project's `rootDir` or above it
 */
export function withIsolane<Config extends JestConfig>(config: Config, stack?: StackConfig): Config {
  if (typeof config !== 'function') return wrap(config, stack) as Config
  return (() => {
    const made = config()
    return made instanceof Promise ? made.then((options) => wrap(options, stack)) : wrap(made, stack)
  }) as Config
}

interface Options extends OwnOptions {
  readonly globals?: object
  readonly setupFiles?: readonly string[]
  readonly setupFilesAfterEnv?: readonly string[]
  readonly projects?: readonly (string | Options)[]
}

function wrap(options: Options, stack: StackConfig | undefined): Options {
  const wrapped = wrappedConfigs()
  // A base config may have been wrapped before: what was its own then is its own now.
  const before = wrapped.get(stackIdOf(options))
  if (before) wrapped.set(stackIdOf(options), { ...before, isBase: true })
  const config = withoutOurs(options)
  const id = `_${wrapped.size + 1}`
  const own = {
    globalSetup: before?.own.globalSetup,
    globalTeardown: before?.own.globalTeardown,
    ...config,
  }
  wrapped.set(id, { stack: stack ?? before?.stack, own })
  const projects = options.projects?.length ? { projects: wrapProjects(options.projects, id) } : {}
  return { ...withFiles(config, id), globalSetup, globalTeardown, ...projects }
}

/** @throws ISOLANE_CONFIG_INVALID where none of them would get a lane from this config */
function wrapProjects(projects: readonly (string | Options)[], id: string): readonly (string | Options)[] {
  if (projects.some((project) => typeof project !== 'string')) {
    return projects.map((project) =>
      typeof project === 'string' || stackIdOf(project) ? project : withFiles(withoutOurs(project), id),
    )
  }
  throw new IsolaneError({
    code: 'ISOLANE_CONFIG_INVALID',
    message: `The Jest projects ${projects.join(', ')} have configs of their own, which Jest reads in place of the one that is wrapped`,
    remedy: 'use `withIsolane`, or the preset, in each of theirs, and leave this one as it is',
  })
}

/** Hooks of inline projects stay theirs: Jest runs them besides those of the config they stand in. */
function withFiles(options: Options, id: string): Options {
  return {
    ...options,
    globals: { ...options.globals, [stackIdName]: id },
    setupFiles: [setupFile, ...(options.setupFiles ?? [])],
    setupFilesAfterEnv: [setupFileAfterEnv, ...(options.setupFilesAfterEnv ?? [])],
  }
}
