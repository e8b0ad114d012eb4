import { defineStack, postgres } from 'isolane'

export default defineStack({
  presets: process.env.CI ? ['ci-parallel'] : [],
  services: { postgres: postgres({ migrations: './migrations' }) },
})
