import { stripVTControlCharacters } from 'node:util'

/** Text from elsewhere, such as from somebody's snapshot, for a terminal: it stands there, and steers nothing. */
export function harmless(text: string): string {
  return stripVTControlCharacters(text)
    .replaceAll('\r\n', '\n')
    .replaceAll(/[^\P{Cc}\n\t]/gu, '\ufffd')
}

/** The same in one line. */
export function harmlessLine(text: string): string {
  return harmless(text).replaceAll(/[\n\t]/g, ' ')
}
