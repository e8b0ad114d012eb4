import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { Country as Source } from 'world-countries'

/** The file all data comes from. */
export const worldFile = createRequire(import.meta.url).resolve('world-countries/countries.json')

/** Every country and territory of the package `world-countries`. */
export async function readWorld(): Promise<readonly Source[]> {
  return JSON.parse(await readFile(worldFile, 'utf8')) as Source[]
}

/** Borders over land, each once, as two codes in alphabetical order; only those that both sides list. */
export function landBorders(world: readonly Source[]): readonly (readonly [string, string])[] {
  const neighbours = new Map(world.map((country) => [country.cca3, new Set(country.borders)]))
  return world.flatMap(({ cca3, borders }) =>
    borders.filter((other) => cca3 < other && neighbours.get(other)?.has(cca3)).map((other) => [cca3, other] as const),
  )
}
