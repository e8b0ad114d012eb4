import { testCombinations } from './combination.ts'
import { jestCombinations } from './jest.ts'

testCombinations('jest-29', jestCombinations('jest-29'))
