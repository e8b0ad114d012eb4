import { testCombinations } from './combination.ts'
import { vitestCombinations } from './vitest.ts'

testCombinations('vitest-4', vitestCombinations('vitest-4'))
