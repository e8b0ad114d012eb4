import { type Command, Option } from 'commander'
import type { LaneEndpoint } from '../core/contracts.ts'
import { isolaneCommand } from '../core/isolane-command.ts'
import { withoutSecrets } from '../core/lane-address.ts'
import { table } from '../core/table.ts'
import { environmentOf, environmentsByName, withStackUp } from './environment-acts.ts'
import { collect, printLines } from './snapshot/text.ts'
import { clearProgress } from './terminal-report.ts'

export function addRoles(program: Command): void {
  const roles = program.command('roles').description("the users of environments' databases")
  roles
    .command('list', { isDefault: true })
    .description('who there is in the stack that is up, and what each is for')
    .argument('[environment]')
    .action((environment: string | undefined, _: unknown, command: Command) => list(environment, command))
  roles
    .command('rotate')
    .description('give them new passwords; what is connected may be cut off, and needs the new ones')
    .argument('[environment]', 'all of them when left out')
    .option('--role <role>', 'only this one; may be repeated', collect)
    .action((environment: string | undefined, { role }: { role?: string[] }, command: Command) =>
      rotate(environment, role, command),
    )
  for (const command of roles.commands) command.addOption(new Option('-C, --root <folder>').hideHelp())
}

/** What an endpoint's fields are for, by role. */
const purposes: Readonly<Record<string, string>> = {
  owner: 'owns the database: migrations',
  app: 'creates, reads and writes: the program',
  readonly: 'reads everything',
  backup: 'reads everything, rows that policies hide as well: pg_dump',
  monitor: 'sees how the server does, and no data',
}

function list(environment: string | undefined, command: Command): Promise<void> {
  return withStackUp(command, async ({ client }) => {
    const names = environment === undefined ? [...(await environmentsByName(client)).keys()] : [environment]
    const rows: string[][] = []
    for (const name of names) {
      if (environment !== undefined) await environmentOf(client, name)
      const { endpoints } = await client.request('look', { lane: name })
      for (const [service, endpoint] of Object.entries(endpoints)) {
        for (const { role, url } of rolesOf(endpoint)) {
          rows.push([name, service, role, withoutSecrets(url, { user: true }), purposes[role] ?? ''])
        }
      }
    }
    if (rows.length > 0) printLines(table(['ENVIRONMENT', 'SERVICE', 'ROLE', 'ADDRESS', 'FOR'], rows).split('\n'))
    else
      printLines(['No service has roles: name some in the config, such as `postgres({ roles: ["app", "readonly"] })`'])
  })
}

/** Those of a service that has any. */
function rolesOf(endpoint: LaneEndpoint): readonly { readonly role: string; readonly url: string }[] {
  return Object.keys(purposes).flatMap((role) => {
    const url = endpoint[`${role}Url`]
    return url === undefined ? [] : [{ role, url: String(url) }]
  })
}

function rotate(
  environment: string | undefined,
  roles: readonly string[] | undefined,
  command: Command,
): Promise<void> {
  return withStackUp(command, async ({ config, client }) => {
    if (environment !== undefined) await environmentOf(client, environment)
    const rotated = await client.request('rotate', {
      ...(environment === undefined ? {} : { environment }),
      ...(roles ? { roles } : {}),
    })
    clearProgress()
    const who = roles?.join(', ') ?? 'everybody'
    const changed = Object.entries(rotated).flatMap(([name, services]) =>
      services.map((service) => `New passwords in ${name} for ${who} of ${service}`),
    )
    if (changed.length === 0) printLines(['No service of the stack has passwords that can be changed'])
    else {
      const again = `${isolaneCommand(config.root)} env files`
      printLines([...changed, '', `Programs need the new ones: run \`${again}\`, and start them again`])
    }
  })
}
