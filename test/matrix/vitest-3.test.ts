import { testCombinations } from './combination.ts'
import { vitestCombinations } from './vitest.ts'

testCombinations('vitest-3', vitestCombinations('vitest-3'))
