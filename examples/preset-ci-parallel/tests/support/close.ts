import { afterAll } from 'vitest'
import { database } from '../../src/database.ts'

afterAll(() => database.end())
