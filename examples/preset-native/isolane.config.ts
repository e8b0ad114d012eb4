import { defineStack, redis } from 'isolane'

export default defineStack({ presets: ['native'], services: { redis: redis() } })
