import { table } from '../core/table.ts'
import { isApart, type ServiceIsolation } from './isolation.ts'

/** Tables of zeros and ones, and of refusals; then how it came out. */
export function isolationLines(measured: readonly ServiceIsolation[]): readonly string[] {
  return [
    ...measured.flatMap((each) => [...countTable(each), '', ...refusalTable(each), '']),
    ...measured.map((each) => `${each.service}: ${isApart(each) ? 'apart' : 'NOT APART'}`),
  ]
}

function countTable({ service, found }: ServiceIsolation): readonly string[] {
  const columns = columnsOf(found)
  const rows = Object.entries(found).map(([slice, row]) => [
    slice,
    ...columns.map((column) => String(row[column] ?? '')),
  ])
  return lines([`${service}: written in`, ...columns.map((column) => `in ${column}`)], rows)
}

function refusalTable({ service, refused }: ServiceIsolation): readonly string[] {
  const columns = Object.keys(refused)
  const rows = Object.entries(refused).map(([slice, row]) => [
    slice,
    ...columns.map((column) => (column in row ? refusalText(row[column]) : '')),
  ])
  return lines([`${service}: with the user of`, ...columns.map((column) => `into ${column}`)], rows)
}

function refusalText(how: string | null | undefined): string {
  return how === null ? 'NOT REFUSED' : 'refused'
}

function columnsOf(found: ServiceIsolation['found']): readonly string[] {
  return [...new Set(Object.values(found).flatMap((row) => Object.keys(row)))]
}

function lines(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  return table(head, rows).split('\n')
}
