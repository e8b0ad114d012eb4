import type { EnvironmentId, LaneId, ServiceContext } from '../../../core/contracts.ts'
import { IsolaneError } from '../../../core/errors.ts'
import { mostEnvironments } from './layout.ts'

export function tooMany({ name }: EnvironmentId): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_LANES_EXHAUSTED',
    message: `There is no Redis DB number for ${name}: there are ${mostEnvironments} for environments, and those that were removed from the config keep theirs`,
    remedy:
      'save what is to stay (`isolane snapshot NAME`), and begin anew with `isolane down --data` and `isolane up`; no number is used twice',
  })
}

/** Keys that nobody has noted are somebody's. */
export function occupied({ name, index }: EnvironmentId): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_ENVIRONMENT_CHANGED',
    message: `Redis DB ${index} is to be ${name}, and holds keys that Isolane has no note of; they are left alone`,
    remedy: `move or delete them, or save them and bring them back once ${name} is there; then \`isolane up\` again`,
  })
}

export function otherName({ name, index }: EnvironmentId, noted: string): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_ENVIRONMENT_CHANGED',
    message: `Redis DB ${index} holds ${noted}, and is to be ${name}`,
    remedy: `call it ${noted} again in \`environments\`; to rename, save it and load that into the new one`,
  })
}

/** Somebody has emptied the whole server, or changed the notes. */
export function notOurs(number: number): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_ENVIRONMENT_CHANGED',
    message: `Redis DB ${number} is not on Isolane's record any more: somebody has emptied the whole server, or changed its notes`,
    remedy: '`isolane down` and `isolane up` make what is missing; what is there is left alone',
  })
}

export function notOpened({ name }: LaneId): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_RESET_FAILED',
    message: `There is no environment ${name} in this Redis server`,
    remedy: 'open it first',
  })
}

export function givenPassword({ name }: EnvironmentId): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: `The password of ${name} comes from the config, so it can't be changed here`,
    remedy: `change it where \`environments.${name}.password\` gets it from, then \`isolane down\` and \`isolane up\``,
  })
}

export function environmentsAlone({ name }: ServiceContext): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_LANE_FAILED',
    message: `The server of ${name} holds environments, and no test lanes are ever made in it`,
    remedy: 'make them in a server of their own',
  })
}
