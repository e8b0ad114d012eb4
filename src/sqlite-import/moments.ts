/** A date, a time of day or both, as SQLite's functions and most programs write them. */
export interface MomentText {
  readonly kind: 'date' | 'time' | 'timestamp' | 'timestamptz'
  /** Equal for equal moments, however they are written. */
  readonly canonical: string
}

const date = String.raw`(?<year>\d{4})-(?<month>\d\d)-(?<day>\d\d)`
const time = String.raw`(?<hour>\d\d):(?<minute>\d\d)(?::(?<second>\d\d)(?:\.(?<fraction>\d{1,6}))?)?`
const pattern = new RegExp(`^(?:${date})?(?:(?<between>[T ])?${time}(?<zone>Z|[+-]\\d\\d(?::?\\d\\d)?)?)?$`)

/** @returns `undefined` for what is none, or what PostgreSQL would not keep to the last digit */
export function readMoment(text: string): MomentText | undefined {
  const found = pattern.exec(text)?.groups
  if (!found) return undefined
  const { year, month, day, hour, minute, second = '00', fraction = '', between, zone } = found
  // A date and a time with nothing between them, or something before a time alone.
  if (hour !== undefined && (year === undefined) !== (between === undefined)) return undefined
  if (year === undefined && (hour === undefined || zone !== undefined)) return undefined
  if (Number(hour ?? 0) > 23 || Number(minute ?? 0) > 59 || Number(second) > 59) return undefined
  const clock = `${hour ?? '00'}:${minute ?? '00'}:${second}.${fraction.padEnd(6, '0')}`
  if (year === undefined) return { kind: 'time', canonical: clock }
  const midnight = new Date(`${year}-${month}-${day}T00:00:00Z`)
  if (year === '0000' || Number.isNaN(midnight.getTime()) || midnight.getUTCDate() !== Number(day)) return undefined
  if (hour === undefined) return { kind: 'date', canonical: `${year}-${month}-${day}` }
  if (zone === undefined) return { kind: 'timestamp', canonical: `${year}-${month}-${day} ${clock}` }
  const seconds = offset(zone)
  if (seconds === undefined) return undefined
  const moment = new Date(midnight.getTime() + ((Number(hour) * 60 + Number(minute)) * 60 - seconds) * 1_000)
  if (moment.getUTCFullYear() < 1 || moment.getUTCFullYear() > 9999) return undefined
  return { kind: 'timestamptz', canonical: `${moment.toISOString().slice(0, 17)}${clock.slice(6)}Z` }
}

/** In seconds; `undefined` for more than PostgreSQL takes. */
function offset(zone: string): number | undefined {
  if (zone === 'Z') return 0
  const [, sign, hours = '0', minutes = '0'] = /^([+-])(\d\d):?(\d\d)?$/.exec(zone) ?? []
  if (Number(hours) > 15 || Number(minutes) > 59) return undefined
  return (sign === '-' ? -60 : 60) * (Number(hours) * 60 + Number(minutes))
}
