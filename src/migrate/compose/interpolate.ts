import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseEnv } from 'node:util'

/** The variables that a compose file may use: those of its `.env`, and before them those around us. */
export function composeVariables(file: string, environment: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  return { ...readEnvFile(join(dirname(file), '.env')), ...environment }
}

/** Of a file that need not be there. */
export function readEnvFile(path: string): NodeJS.ProcessEnv {
  return existsSync(path) ? parseEnv(readFileSync(path, 'utf8')) : {}
}

/** A default may have a variable of its own in it: `${PORT:-${DEFAULT_PORT}}`. */
const pattern = /\$(?:(\$)|([A-Za-z_]\w*)|\{(\w+)(?:(:?)([-+?])((?:[^{}]|\$\{[^{}]*\})*))?\})/g

/** `$NAME`, `${NAME}`, `${NAME:-default}` and the like, as Compose replaces them; `$$` is a dollar sign. */
export function interpolate(text: string, variables: NodeJS.ProcessEnv): string {
  return text.replaceAll(pattern, (_all, dollar, plain, braced, colon, operator, word = '') => {
    if (dollar) return '$'
    const value = variables[plain ?? braced]
    const isSet = colon ? Boolean(value) : value !== undefined
    if (operator === '-' && !isSet) return interpolate(word, variables)
    if (operator === '+') return isSet ? interpolate(word, variables) : ''
    return value ?? ''
  })
}
