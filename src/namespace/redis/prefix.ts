import { IsolaneError } from '../../core/errors.ts'

/** What a command's arguments are once ioredis has made them ready to send. */
export type Argument = string | Buffer

/** What stands before every key and channel of a namespace: its name and a colon. */
export class Prefix {
  readonly text: string
  readonly #bytes: Buffer

  /**
   * No colon within a name, so that no namespace lies within another one; nothing that a pattern would read as more than
   * itself, so that `dev:*` is exactly this namespace, for `SCAN` and for an access rule alike.
   * @throws ISOLANE_OPTION_INVALID
   */
  constructor(name: string) {
    if (typeof name !== 'string' || !/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) {
      throw new IsolaneError({
        code: 'ISOLANE_OPTION_INVALID',
        message: `${JSON.stringify(name)} can't be the name of a namespace`,
        remedy: 'use letters, digits, dots, dashes and underscores, such as "dev"',
      })
    }
    this.text = `${name}:`
    this.#bytes = Buffer.from(this.text)
  }

  add(argument: Argument): Argument {
    return typeof argument === 'string' ? this.text + argument : Buffer.concat([this.#bytes, argument])
  }

  owns(value: Argument): boolean {
    return typeof value === 'string'
      ? value.startsWith(this.text)
      : value.subarray(0, this.#bytes.length).equals(this.#bytes)
  }

  /** What is not a name of this namespace, such as the `QUEUED` of a transaction, stays as it is. */
  strip<Value>(value: Value): Value {
    if (typeof value === 'string') return (this.owns(value) ? value.slice(this.text.length) : value) as Value
    if (Buffer.isBuffer(value)) return (this.owns(value) ? value.subarray(this.#bytes.length) : value) as Value
    return value
  }
}
