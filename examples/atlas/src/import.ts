import type pg from 'pg'
import type { Country as Source } from 'world-countries'
import { transaction } from './rows.ts'

/** Replaces all places by the given countries, in one transaction; trips must not be under way. */
export async function importWorld(world: readonly Source[], pool?: pg.Pool): Promise<void> {
  await transaction(async (client) => {
    await client.query(`SET LOCAL atlas.importing = 'on'`)
    await client.query(
      `TRUNCATE countries, currencies, languages, country_currencies, country_languages, trips, stops, expenses,
                bookings`,
    )
    for (const [statement, records] of statements(world)) await client.query(statement, [JSON.stringify(records)])
    await client.query('REFRESH MATERIALIZED VIEW region_totals')
  }, pool)
}

function statements(world: readonly Source[]): [string, unknown[]][] {
  const currencies = new Map(world.flatMap((country) => Object.entries(country.currencies ?? {})))
  const languages = new Map(world.flatMap((country) => Object.entries(country.languages ?? {})))
  return [
    [
      `INSERT INTO countries (code, alpha2, name, official_name, region, subregion, capitals, independence, un_member,
                              landlocked, area, latitude, longitude)
       SELECT * FROM jsonb_to_recordset($1) AS given (code text, alpha2 text, name text, official_name text,
         region text, subregion text, capitals text[], independence independence, un_member boolean,
         landlocked boolean, area numeric, latitude float8, longitude float8)`,
      world.map(countryRow),
    ],
    [
      'INSERT INTO currencies SELECT * FROM jsonb_to_recordset($1) AS given (code text, name text, symbol text)',
      [...currencies].map(([code, { name, symbol }]) => ({ code, name, symbol })),
    ],
    [
      'INSERT INTO languages SELECT * FROM jsonb_to_recordset($1) AS given (code text, name text)',
      [...languages].map(([code, name]) => ({ code, name })),
    ],
    [
      'INSERT INTO country_currencies SELECT * FROM jsonb_to_recordset($1) AS given (country text, code text)',
      world.flatMap(({ cca3, currencies }) => Object.keys(currencies ?? {}).map((code) => ({ country: cca3, code }))),
    ],
    [
      'INSERT INTO country_languages SELECT * FROM jsonb_to_recordset($1) AS given (country text, code text)',
      world.flatMap(({ cca3, languages }) => Object.keys(languages ?? {}).map((code) => ({ country: cca3, code }))),
    ],
  ]
}

function countryRow(country: Source) {
  const independent: boolean | null = country.independent
  return {
    code: country.cca3,
    alpha2: country.cca2,
    name: country.name.common,
    official_name: country.name.official,
    region: country.region,
    subregion: country.subregion || null,
    capitals: country.capital,
    independence: independent === null ? 'unclear' : independent ? 'independent' : 'dependent',
    un_member: country.unMember,
    landlocked: country.landlocked,
    area: country.area > 0 ? country.area : null,
    latitude: country.latlng[0],
    longitude: country.latlng[1],
  }
}
