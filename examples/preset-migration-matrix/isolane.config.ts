import { defineStack, type PostgresVersion, postgres } from 'isolane'

const version = (process.env.POSTGRES_VERSION ?? '17') as PostgresVersion

export default defineStack({
  presets: ['migration-matrix'],
  services: { postgres: postgres({ version, migrations: './migrations' }) },
})
