import type { EngineSpec } from '../../../core/contracts.ts'
import { IsolaneError } from '../../../core/errors.ts'

/** One place an engine did not come from, and why. */
export interface Rejection {
  readonly source: string
  readonly reason: string
  readonly output?: string
  /** A package was tried, rather than a program found that does not fit. */
  readonly tried?: boolean
}

const distributionPackages: Readonly<Record<string, string>> = {
  postgres: 'postgresql',
  redis: 'redis-server',
  valkey: 'valkey-server',
}

/** Neither on the machine nor to be had from a registry. */
export function notProvidable(spec: EngineSpec, rejections: readonly Rejection[]): IsolaneError {
  const tried = rejections.filter((rejection) => rejection.tried)
  const install = `isolane install ${spec.name}@${spec.version}`
  const fromDistribution = distributionPackages[spec.name]
  const byHand = fromDistribution
    ? ` (or install ${spec.name} ${spec.version} here, e.g. \`apt-get install ${fromDistribution}\`)`
    : ''
  const seen = rejections.map(({ source, reason }) => `${source}: ${reason}`)
  const output = rejections.flatMap((rejection) => (rejection.output ? [rejection.output] : []))
  if (tried.length === 0) {
    return new IsolaneError({
      code: 'ISOLANE_ENGINE_NOT_FOUND',
      message: `No ${spec.name} ${spec.version} is on this machine, and no package of it fits ${process.platform}-${process.arch}`,
      remedy: `install ${spec.name} ${spec.version}${fromDistribution ? `, e.g. \`apt-get install ${fromDistribution}\`` : ''}, or ask for another version; in Docker (\`npm install -D testcontainers\`) any is at hand`,
      output: seen.join('\n'),
    })
  }
  return new IsolaneError({
    code: 'ISOLANE_ENGINE_INSTALL_FAILED',
    message: `${spec.name} ${spec.version} is not on this machine and could not be provided (${tried[0]?.reason.split('\n')[0]})`,
    remedy: `run \`${install}\` while this machine has network${byHand}`,
    output: [...seen, ...output].join('\n'),
  })
}

export function damaged(spec: EngineSpec, folder: string, cause: unknown): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_ENGINE_DAMAGED',
    message: `Files of ${spec.name} in ${folder} are missing or changed, and it could not be provided again`,
    remedy: `delete that folder and run \`isolane install ${spec.name}@${spec.version}\` while this machine has network`,
    cause,
    ...(cause instanceof Error ? { output: cause.message } : {}),
  })
}
