/**
 * What `initdb` is told, so that text sorts by code point and letters of all scripts are known: the same on each platform
 * as far as each version can.
 */
export function localeArguments(version: number, platform: NodeJS.Platform): string[] {
  if (version >= 17) return ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']
  if (platform === 'win32') return ['--locale=C']
  return ['--locale=C', `--lc-ctype=${platform === 'darwin' ? 'en_US.UTF-8' : 'C.UTF-8'}`]
}
