import { InvalidArgumentError } from 'commander'

/** Reads an option's whole number above 0, of at most so many digits. @throws InvalidArgumentError */
export function wholeNumber(digits: number): (text: string) => number {
  return (text) => {
    if (/^[1-9]\d*$/.test(text) && text.length <= digits) return Number(text)
    throw new InvalidArgumentError('It must be a whole number above 0.')
  }
}
