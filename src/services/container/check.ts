import * as v from 'valibot'
import { IsolaneError } from '../../core/errors.ts'
import { portSchema, validateOptions } from '../../core/options.ts'
import type { ContainerOptions } from './options.ts'

const text = v.pipe(v.string('Expected a text'), v.nonEmpty('Expected a text'))
const milliseconds = 'Expected a number of milliseconds above 0'
const call = v.function('Expected a function')
const path = v.pipe(v.string(), v.startsWith('/', 'Expected absolute paths inside the container'))
const laneFunctions = ['create', 'reset', 'drop']

const schema = v.strictObject({
  image: v.pipe(v.string('Expected an image such as "qdrant/qdrant:v1.15"'), v.regex(/^\S+$/, 'Expected an image')),
  ports: v.pipe(
    v.record(
      v.pipe(v.string(), v.regex(/^[a-z][A-Za-z0-9]*$/, 'Names of ports are letters and digits: { http: 6333 }')),
      portSchema,
      'Expected ports by name: { http: 6333 }',
    ),
    v.check((ports) => Object.keys(ports).length > 0, 'Expected at least one port: { http: 6333 }'),
  ),
  environment: v.optional(v.record(v.string(), v.string('Expected texts'), 'Expected texts by name')),
  command: v.optional(v.array(v.string('Expected a list of words'), 'Expected a list of words')),
  files: v.optional(
    v.record(
      path,
      v.union(
        [v.strictObject({ text: v.string() }), v.strictObject({ source: text })],
        'Expected { text } or { source }',
      ),
      'Expected { text } or { source } by absolute path',
    ),
  ),
  data: v.optional(v.array(path, 'Expected a list of folders')),
  wait: v.optional(
    v.union(
      [
        v.strictObject({ port: text }),
        v.strictObject({ http: v.pipe(v.string(), v.startsWith('/')), port: text, status: v.optional(v.number()) }),
        v.strictObject({ line: text, times: v.optional(v.number()) }),
        v.strictObject({ command: v.pipe(v.array(text), v.minLength(1)) }),
      ],
      'Expected { port }, { http: "/path", port }, { line } or { command: [...] }',
    ),
  ),
  startTimeout: v.optional(v.pipe(v.number(milliseconds), v.minValue(1, milliseconds))),
  lane: v.optional(
    v.pipe(
      v.looseObject({ create: call, reset: call, drop: v.optional(call) }, 'Expected { create, reset, drop }'),
      v.check(
        (lane) => Object.keys(lane).every((name) => laneFunctions.includes(name)),
        'Expected nothing but create, reset and drop',
      ),
    ),
  ),
  seed: v.optional(call),
  snapshot: v.optional(v.looseObject({ save: call, load: call }, 'Expected { save, load }')),
  env: v.function('Expected a function such as (lane) => ({ QDRANT_URL: lane.url })'),
})

/** @throws ISOLANE_OPTION_INVALID */
export function checkOptions(options: unknown): ContainerOptions {
  const checked = validateOptions('container', schema, options) as ContainerOptions
  const { wait, ports } = checked
  if (wait && 'port' in wait && !(wait.port in ports)) {
    throw new IsolaneError({
      code: 'ISOLANE_OPTION_INVALID',
      message: `container: option "wait.port" is invalid: there is no port "${wait.port}"`,
      remedy: `choose from ${Object.keys(ports).join(', ')}`,
    })
  }
  return checked
}
