import { defineStack, postgres } from 'isolane'

export default defineStack({
  presets: ['migration-matrix'],
  services: { postgres: postgres({ migrations: './migrations' }) },
  matrix: { postgres: ['15', '18'] },
})
