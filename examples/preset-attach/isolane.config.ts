import { defineStack, postgres } from 'isolane'

export default defineStack({
  presets: ['attach'],
  services: { postgres: postgres({ migrations: './migrations' }) },
})
