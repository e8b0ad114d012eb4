import { afterAll } from 'vitest'
import { redis } from '../../src/cache.ts'

afterAll(() => redis.quit())
