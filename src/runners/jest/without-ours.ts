import { globalSetup, globalTeardown, setupFile, setupFileAfterEnv } from './options.ts'

/** By option, what stands for us: as this package writes it, and as users do. */
const ours: Readonly<Record<string, readonly unknown[]>> = {
  preset: ['isolane'],
  globalSetup: [globalSetup, 'isolane/jest/setup'],
  globalTeardown: [globalTeardown, 'isolane/jest/teardown'],
  setupFiles: [setupFile, 'isolane/jest/lane'],
  setupFilesAfterEnv: [setupFileAfterEnv, 'isolane/jest/each-test'],
}

/** A config without what it has of ours, be it set up by hand, by the preset, or wrapped. */
export function withoutOurs<Config extends object>(config: Config): Config {
  const kept = Object.entries(config).flatMap(([option, value]) => {
    const own = ours[option] ?? []
    if (own.includes(value)) return []
    return [[option, Array.isArray(value) ? value.filter((entry) => !own.includes(entry)) : value]]
  })
  return Object.fromEntries(kept) as Config
}
