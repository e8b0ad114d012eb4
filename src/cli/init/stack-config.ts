/** The text of `isolane.config`. */
import { isPartOf, isStandard, type StandardVariable, standardFor } from './database-variables.ts'
import type { EnvVariable } from './env-files.ts'
import type { Recognised, StepPlan } from './migrations/step.ts'
import type { FoundService, ServiceKind } from './services.ts'

export interface StackPlan {
  readonly services: readonly Pick<FoundService, 'kind' | 'version' | 'image'>[]
  /** What makes the Postgres schema. */
  readonly postgres: Pick<Recognised, 'migrations' | 'seed'>
  readonly variables: readonly EnvVariable[]
  /** Whether TypeScript is to know the project's lanes. */
  readonly isTyped: boolean
}

export function stackConfig(plan: StackPlan): string {
  const kinds = plan.services.map(({ kind }) => kind)
  const steps = kinds.includes('postgres') ? [plan.postgres.migrations, plan.postgres.seed] : []
  const variables = laneVariables(plan, kinds)
  const services = plan.services.map((service) => `    ${service.kind}: ${serviceCall(service, plan.postgres)},\n`)
  return [
    ...(steps.some((step) => step && hasVariables(step)) ? ["import { execSync } from 'node:child_process'\n"] : []),
    `import { ${['defineStack', ...kinds].sort(byLetters).join(', ')} } from 'isolane'\n\n`,
    `${plan.isTyped ? 'const stack =' : 'export default'} defineStack({\n  services: {\n${services.join('')}  },\n`,
    ...(variables.length > 0
      ? [`  env: (lane) => ({\n${variables.map((line) => `    ${line},\n`).join('')}  }),\n`]
      : []),
    '})\n',
    ...(plan.isTyped ? [registration] : []),
  ].join('')
}

const registration = `
declare module 'isolane' {
  interface Register {
    stack: typeof stack
  }
}

export default stack
`

function serviceCall({ kind, version, image }: StackPlan['services'][number], postgres: StackPlan['postgres']): string {
  const options = [
    ...(version ? [`version: ${literal(version)}`] : []),
    ...(image ? [`image: ${literal(image)}`] : []),
    ...(kind === 'postgres' ? stepOptions(postgres) : []),
  ]
  const inline = `${kind}(${options.length > 0 ? `{ ${options.join(', ')} }` : ''})`
  if (inline.length <= 100 && !inline.includes('\n')) return inline
  return `${kind}({\n${options.map((option) => `      ${option},\n`).join('')}    })`
}

function stepOptions({ migrations, seed }: StackPlan['postgres']): string[] {
  return [...(migrations ? [`migrations: ${stepText(migrations)}`] : []), ...(seed ? [`seed: ${stepText(seed)}`] : [])]
}

function stepText(step: StepPlan): string {
  if ('path' in step) return literal(step.path)
  const inputs = step.inputs && `inputs: [${step.inputs.map(literal).join(', ')}]`
  const command = `command: ${literal(step.command)}`
  if (!hasVariables(step)) return `{ ${[command, ...(inputs ? [inputs] : [])].join(', ')} }`
  const more = Object.entries(step.variables ?? {}).map(([name, of]) => `${name}: env.${of}`)
  return [
    '{',
    '        run: ({ env }) =>',
    `          execSync(${literal(step.command)}, {`,
    '            cwd: import.meta.dirname,',
    `            env: { ...process.env, ...env, ${more.join(', ')} },`,
    "            stdio: 'pipe',",
    '          }),',
    ...(inputs ? [`        ${inputs},`] : []),
    '      }',
  ].join('\n')
}

function hasVariables(step: StepPlan): boolean {
  return 'command' in step && Object.keys(step.variables ?? {}).length > 0
}

const fields: Readonly<Record<StandardVariable, string>> = {
  DATABASE_URL: 'lane.postgres.url',
  PGHOST: 'lane.postgres.host',
  PGPORT: 'String(lane.postgres.port)',
  PGUSER: 'lane.postgres.user',
  PGPASSWORD: 'lane.postgres.password',
  PGDATABASE: 'lane.postgres.database',
}

const standardUrls: Readonly<Record<Exclude<ServiceKind, 'postgres'>, string>> = {
  redis: 'REDIS_URL',
  neo4j: 'NEO4J_URI',
}

/** Variables of the project's own that a lane has to set. */
function laneVariables({ variables, postgres }: StackPlan, kinds: readonly ServiceKind[]): string[] {
  const names = variables.map(({ name }) => name)
  const lines = new Map<string, string>()
  for (const { name, kind } of variables) {
    if (/SHADOW/.test(name)) continue
    if (kind !== undefined && kind !== 'other') {
      const isKnown = kind === 'postgres' ? isStandard(name) : standardUrls[kind] === name
      if (kinds.includes(kind) && !isKnown) lines.set(name, `lane.${kind}.url`)
    } else if (kinds.includes('postgres') && isPartOf(name, names)) {
      lines.set(name, fields[standardFor(name) ?? 'DATABASE_URL'])
    }
  }
  if (kinds.includes('postgres') && postgres.migrations && 'command' in postgres.migrations) {
    for (const [name, of] of Object.entries(postgres.migrations.variables ?? {})) lines.set(name, fields[of])
  }
  return [...lines].map(([name, value]) => `${name}: ${value}`)
}

function literal(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}

function byLetters(left: string, right: string): number {
  return left.localeCompare(right, 'en')
}
