import { resolve } from 'node:path'
import type { UserWorkspaceConfig } from 'vitest/config'
import type { Matrix, RegisteredServices, Services, StackConfig, Versions } from '../../core/config.ts'
import { withOriginalVariables } from '../../core/run-variables.ts'
import { type PluginApi, pluginFor } from './plugin.ts'

/** Of services whose names are not known, lists of versions and of combinations look the same. */
export type MatrixOf<S extends Services> = string extends keyof S
  ? Readonly<Record<string, readonly (string | Versions)[]>>
  : Matrix<Extract<keyof S, string>>

export interface ProjectsOptions<S extends Services = RegisteredServices> {
  /** Default: the config's own `matrix`. */
  readonly matrix?: MatrixOf<NoInfer<S>>
  /** The stack, inline. Default: that of `isolane.config.ts`. */
  readonly stack?: StackConfig<S>
  /** The folder that `isolane.config.ts` is looked for in, and above. Default: the current folder. */
  readonly root?: string
  /** What each of the projects has on top of the root config; the combination is added to its name. */
  readonly project?: UserWorkspaceConfig
}

/** A Vitest project that extends the root config. */
export type MatrixProject = UserWorkspaceConfig & { extends: true }

/**
 * A Vitest project for each combination of a version matrix, with a stack of its own: `postgres-18`. List no `isolane()`
 * beside them in the root config, which would have one more stack.
 *
 * Where `ISOLANE_VERSIONS` names the versions, as `isolane matrix` does, there is one project, which has those.
 *
 * @throws ISOLANE_OPTION_INVALID, also for a matrix without combinations; ISOLANE_VERSION_UNSUPPORTED, and what reading the
 * config throws
 */
export async function isolaneProjects<const S extends Services = RegisteredServices>(
  options: ProjectsOptions<S> = {},
): Promise<MatrixProject[]> {
  const { root = process.cwd(), project = {} } = options
  const api = { options: options.stack as StackConfig | undefined, folder: resolve(root) }
  // The same name on every combination: tests are compared by it.
  if (process.env.ISOLANE_VERSIONS) return [matrixProject(project, project.test?.name ?? 'matrix', api)]
  const [{ ownConfigOf }, { combinationsOf }] = await Promise.all([
    import('../../builtin.ts'),
    import('../../matrix/combinations.ts'),
  ])
  const config = await withOriginalVariables(() => ownConfigOf(api.folder, api.options))
  return combinationsOf(config, (options.matrix as Matrix | undefined) ?? config.matrix).map(({ slug, versions }) =>
    matrixProject(project, withSlug(project.test?.name, slug), { ...api, versions }),
  )
}

type Name = NonNullable<NonNullable<UserWorkspaceConfig['test']>['name']>

function matrixProject(project: UserWorkspaceConfig, name: Name, api: PluginApi): MatrixProject {
  return { extends: true, ...project, plugins: [pluginFor(api), project.plugins], test: { ...project.test, name } }
}

function withSlug(name: Name | undefined, slug: string): Name {
  if (typeof name === 'object') return { ...name, label: `${name.label}-${slug}` }
  return name ? `${name}-${slug}` : slug
}
