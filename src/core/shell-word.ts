/** One word of a command that people paste into their shell: `sh` and its kin; on Windows both of its own. */
export function shellWord(word: string, platform = process.platform): string {
  if (platform === 'win32') return /^[\w@%+=:,.\\/-]+$/.test(word) ? word : `"${word}"`
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}
