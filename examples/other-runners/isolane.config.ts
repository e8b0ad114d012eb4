import { defineStack, redis } from 'isolane'

export default defineStack({ services: { redis: redis() } })
