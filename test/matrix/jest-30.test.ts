import { testCombinations } from './combination.ts'
import { jestCombinations } from './jest.ts'

testCombinations('jest-30', jestCombinations('jest-30'))
