/** Temporal values as java.time writes and reads them. */

interface DateParts {
  readonly year: bigint
  readonly month: bigint
  readonly day: bigint
}

interface TimeParts {
  readonly hour: bigint
  readonly minute: bigint
  readonly second: bigint
  readonly nanosecond: bigint
}

export function dateText({ year, month, day }: DateParts): string {
  const sign = year < 0n ? '-' : year > 9_999n ? '+' : ''
  const digits = String(year < 0n ? -year : year).padStart(4, '0')
  return `${sign}${digits}-${two(month)}-${two(day)}`
}

/** Without what is zero at its end. */
export function timeText({ hour, minute, second, nanosecond }: TimeParts): string {
  const start = `${two(hour)}:${two(minute)}`
  if (second === 0n && nanosecond === 0n) return start
  if (nanosecond === 0n) return `${start}:${two(second)}`
  const digits = String(nanosecond).padStart(9, '0')
  return `${start}:${two(second)}.${digits.replace(/(?:000){1,2}$/, '')}`
}

export function offsetText(seconds: bigint): string {
  if (seconds === 0n) return 'Z'
  const whole = seconds < 0n ? -seconds : seconds
  const rest = whole % 60n
  const sign = seconds < 0n ? '-' : '+'
  return `${sign}${two(whole / 3_600n)}:${two((whole / 60n) % 60n)}${rest === 0n ? '' : `:${two(rest)}`}`
}

function two(number: bigint): string {
  return String(number).padStart(2, '0')
}
