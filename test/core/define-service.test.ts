import { expect, expectTypeOf, test } from 'vitest'
import { notes } from '../../examples/notes-service/notes.ts'
import type { LaneEndpoint, Service } from '../../src/core/contracts.ts'
import { defineService } from '../../src/core/define-service.ts'

type ShelfLane = LaneEndpoint & { readonly shelf: string }

const shelfService: Service<{ readonly width: number }, ShelfLane> = {
  kind: 'shelf',
  spec: (_options, { name, credentials }) => ({ service: name, kind: 'shelf', credentials, ports: {}, folder: true }),
  template: async () => ({ fingerprint: '0'.repeat(64), cacheable: true }),
  open: async () => Promise.reject(new Error('is never opened here')),
  env: (lane) => ({ SHELF: lane.shelf }),
  nowhere: { url: 'shelf://nowhere', version: '', shelf: '' },
}

test('a definition holds the service and a copy of the options', () => {
  const shelf = defineService(shelfService)
  const options = { width: 3 }
  const definition = shelf(options)
  expect(definition).toEqual({ service: shelfService, options })
  expect(definition.options).not.toBe(options)
  expectTypeOf(shelf).parameters.toEqualTypeOf<[options: { readonly width: number }]>()
  expectTypeOf(definition.service.nowhere).toEqualTypeOf<ShelfLane>()
})

test('options may be left out where none is required', () => {
  expectTypeOf(notes).toBeCallableWith()
  expect(notes().options).toEqual({ seed: [] })
})

test('what the check returns is what the service gets', () => {
  const shelf = defineService(shelfService, (options) => ({ width: Number((options as { width: unknown }).width) }))
  expect(shelf({ width: '7' as unknown as number }).options).toEqual({ width: 7 })
})

test.each([
  [{ seeds: [] }, 'notes: the options are invalid: there is no option `seeds`: correct them in the config'],
  [{ seed: 'buy milk' }, 'notes: the options are invalid: `seed` is a list of notes: correct them in the config'],
])('what the check throws is told as an error of the config: %o', (options, message) => {
  const define = () => notes(options as Parameters<typeof notes>[0])
  expect(define).toThrow(`${message} [ISOLANE_OPTION_INVALID]`)
  expect(define).toThrow(expect.objectContaining({ cause: expect.any(Error) }))
})
