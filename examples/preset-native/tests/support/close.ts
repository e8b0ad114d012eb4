import { afterAll } from 'vitest'
import { redis } from '../../src/redis.ts'

afterAll(() => redis.quit())
