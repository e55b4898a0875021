import { createMemoryRegistry, createMemoryStore } from '@millrace/object-store'
import { conformanceTests } from '@millrace/object-store/conformance'
import { describe, test } from 'vitest'

describe('createMemoryStore() conforms', () => {
  for (const { name, run } of conformanceTests) {
    test(name, () => run(async () => createMemoryStore()))
  }
})

describe('createMemoryStore() with versions conforms', () => {
  for (const { name, run } of conformanceTests) {
    test(name, () => run(async () => createMemoryStore({ versions: true })))
  }
})

describe('a bucket of createMemoryRegistry() conforms', () => {
  for (const { name, run } of conformanceTests) {
    test(name, () =>
      run(async () => {
        const registry = createMemoryRegistry()
        await registry.createBucket('bucket')
        return registry.openBucket('bucket')
      }),
    )
  }
})
