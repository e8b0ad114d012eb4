import { testCombinations } from './combination.ts'
import { vitestCombinations } from './vitest.ts'

testCombinations('vitest-5', vitestCombinations('vitest-5'), { everywhere: true })
