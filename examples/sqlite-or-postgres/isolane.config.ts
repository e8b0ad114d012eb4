import { defineStack, postgres, sqlite } from 'isolane'

const url = process.env.DATABASE_URL
const migrations = './migrations'

export default defineStack({
  services: { db: url ? postgres({ url, migrations }) : sqlite({ migrations }) },
})
