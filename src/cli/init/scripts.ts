/** Taking scripts of `package.json` apart. */

const quoted = `"[^"]*"|'[^']*'`

/** The commands of a script that run one after the other. */
export function segments(script: string): string[] {
  const parts = script.match(new RegExp(`(?:${quoted}|[^&|;]|(?<!&)&(?!&))+`, 'g')) ?? ['']
  return parts.map((part) => part.trim())
}

/** Changes what stands outside of quotes. */
export function replaceUnquoted(command: string, change: (part: string) => string): string {
  const parts = command.split(new RegExp(`(${quoted})`))
  return parts.map((part, index) => (index % 2 === 0 ? change(part) : part)).join('')
}

/** A command's words, their quotes taken off. */
export function words(command: string): string[] {
  return [...command.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, plain]) => double ?? single ?? plain ?? '',
  )
}

/** Whether its commands simply follow each other, so that one of them can go. */
export function isChain(script: string): boolean {
  return !/\|\||;|\||`|\$\(|[()]|(^|[^&])&([^&]|$)/.test(script)
}

const wrapper = /^(npx|bunx|pnpm exec|yarn( run)?|pnpm( run)?|npm exec( --)?)\s+/
const setting = /^([A-Z_][A-Z0-9_]*=\S+|cross-env|dotenv( -e \S+| -c \S+| -o)*( --)?)\s+/

/** A command without what only says in which environment or through which package manager it runs. */
export function core(command: string): string {
  const shorter = command.replace(wrapper, '').replace(setting, '')
  return shorter === command ? command : core(shorter)
}

/** Where in a command its program or script of this name is called; `undefined` when it is not. */
export function callOf(command: string, program: string): number | undefined {
  const found = new RegExp(`(?:^|[\\s/\\\\])(${program}(?:\\.[cm]?js)?)(?=\\s|$)`).exec(command)
  return found ? found.index + found[0].length : undefined
}

/** The script that `npm run NAME` and its kin start. */
export function calledScript(segment: string): string | undefined {
  return /^(?:npm run|npm run-script|pnpm run|pnpm|yarn run|yarn|bun run)(?: -s| --silent)? ([\w:.-]+)$/.exec(
    segment,
  )?.[1]
}
