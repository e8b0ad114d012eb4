import { afterAll } from 'vitest'
import { closeConnections } from '../../src/connections.ts'

afterAll(closeConnections)
