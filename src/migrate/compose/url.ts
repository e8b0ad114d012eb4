import { IsolaneError } from '../../core/errors.ts'
import { interpolate } from './interpolate.ts'
import type { ComposeDatabase } from './read.ts'

/** How a database of a compose file is reached from here, as its image has it. @throws ISOLANE_OPTION_INVALID */
export function urlOf(database: ComposeDatabase): string {
  return urls[database.kind](database)
}

const urls: Readonly<Record<ComposeDatabase['kind'], (database: ComposeDatabase) => string>> = {
  postgres(database) {
    const { environment } = database
    const { POSTGRES_USER: user = 'postgres', POSTGRES_PASSWORD: password, POSTGRES_DB: name = user } = environment
    if (!password && environment.POSTGRES_HOST_AUTH_METHOD !== 'trust') throw noPassword(database)
    return build('postgres', database, 5432, user, password, `/${encodeURIComponent(name)}`)
  },
  redis(database) {
    const { command, environment } = database
    const at = command.findIndex((word) => /^--?requirepass$/.test(word))
    if (at < 0) return build('redis', database, 6379, '', environment.REDIS_PASSWORD, '/0')
    // A shell in the container puts in what its environment has.
    const password = interpolate(command[at + 1] ?? '', environment)
    if (password === '' || password.startsWith('--')) throw noPassword(database)
    return build('redis', database, 6379, '', password, '/0')
  },
  neo4j(database) {
    const { NEO4J_AUTH: login = '' } = database.environment
    const [user = '', password = ''] = login.split(/\/(.*)/s)
    if (login === 'none') return build('bolt', database, 7687, '', undefined, '')
    if (!user || !password) throw noPassword(database)
    return build('bolt', database, 7687, user, password, '')
  },
}

function build(
  scheme: string,
  database: ComposeDatabase,
  inside: number,
  user: string,
  password: string | undefined,
  path: string,
): string {
  const place = database.published.get(inside)
  if (!place) throw notPublished(database, inside)
  const secret = !password ? '' : `:${encodeURIComponent(password)}`
  const login = user || secret ? `${encodeURIComponent(user)}${secret}@` : ''
  return `${scheme}://${login}${place.host}:${place.port}${path}`
}

function noPassword({ file, name }: ComposeDatabase): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: `${file} does not say what password the service ${name} has`,
    remedy: `set the variable it comes from; or leave it out (\`--map ${name}=none\`) and give its URL: \`--source ENVIRONMENT.SERVICE=URL\``,
  })
}

function notPublished({ file, name }: ComposeDatabase, port: number): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: `${file} publishes no port for ${port} of the service ${name}, so it can't be read from here`,
    remedy: `publish one; or leave it out (\`--map ${name}=none\`) and give a URL that leads to it: \`--source ENVIRONMENT.SERVICE=URL\``,
  })
}
