import type { DocumentedArgument, DocumentedCommand } from './documented.ts'
import { dumpedValue, functionName, hardKeys, keysOf, script, scriptHash } from './values.ts'

export type Random = (below: number) => number
type Word = string | Buffer

/** Always the same numbers for the same seed. */
export function randomOf(seed: number): Random {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

/** Arguments for one call, as the documentation says that they may be. */
export function generatedArguments(command: DocumentedCommand, random: Random): Word[] {
  return generatedList(command.arguments, command.group, random)
}

function generatedList(list: readonly DocumentedArgument[], group: string, random: Random): Word[] {
  const repeated = 1 + random(2)
  return list.flatMap((argument, at): Word[] => {
    if (argument.flags.includes('optional') && random(2) === 0) return []
    // `numkeys` and `numfields` say how many of the next ones there are.
    const next = list[at + 1]
    if (argument.name.startsWith('num') && next?.flags.includes('multiple')) {
      const optional = next.flags.includes('optional')
      return withToken(argument, [optional ? '0' : String(repeated)])
    }
    const times = argument.flags.includes('multiple') ? repeated : 1
    const values = Array.from({ length: times }, () => generated(argument, group, random))
    return argument.flags.includes('multiple_token')
      ? values.flatMap((value) => withToken(argument, value))
      : withToken(argument, values.flat())
  })
}

function withToken({ token, type }: DocumentedArgument, words: Word[]): Word[] {
  return token === undefined || type === 'pure-token' ? words : [token, ...words]
}

function generated(argument: DocumentedArgument, group: string, random: Random): Word[] {
  const one = <Value>(values: readonly Value[]): Value => values[random(values.length)] as Value
  switch (argument.type) {
    case 'oneof':
      return generatedList([one(argument.arguments)], group, random)
    case 'block':
      return generatedList(argument.arguments, group, random)
    case 'pure-token':
      return [argument.token ?? '']
    case 'key':
      return [one(random(8) === 0 ? hardKeys : keysOf(group))]
    case 'pattern':
      return [one(['*', 'string*', 'weight:*', '[sl]*1', '#', 'no*'])]
    case 'unix-time':
      return ['99999999999']
    case 'double':
      return [argument.name === 'timeout' ? '0.01' : one(['0.5', '1', '2'])]
    case 'integer':
      return [argument.token === 'BLOCK' ? '1' : (integers[argument.name] ?? one(['0', '1', '2']))]
    default:
      return [one(strings[argument.name] ?? ['a', 'b', '1', 'string1', 'STORE'])]
  }
}

const integers: Record<string, string> = {
  timeout: '1',
  milliseconds: '1000000',
  seconds: '1000',
  cursor: '0',
  port: '1',
  numreplicas: '0',
  numlocal: '0',
  ttl: '0',
}

const strings: Record<string, readonly Word[]> = {
  id: ['0', '1-1', '2-2'],
  lastid: ['0'],
  start: ['-', '0', '1-1'],
  end: ['+', '2-2'],
  min: ['-inf', '(1', '[a', '-'],
  max: ['+inf', '(3', '[c', '+'],
  group: ['group'],
  groupname: ['group'],
  consumer: ['alice'],
  encoding: ['u8', 'i5'],
  host: ['127.0.0.1'],
  script: [script],
  sha1: [scriptHash],
  function: [functionName],
  'serialized-value': [dumpedValue],
  value: ['1', '5', 'a'],
}
