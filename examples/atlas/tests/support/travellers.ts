import { register, type Traveller } from '../../src/travellers.ts'

/** Registers that many travellers, one after the other. */
export async function registerMany(count: number): Promise<Traveller[]> {
  const registered: Traveller[] = []
  for (let index = 1; index <= count; index += 1) {
    registered.push(await register(`Traveller ${index}`, `traveller-${index}@example.org`))
  }
  return registered
}
