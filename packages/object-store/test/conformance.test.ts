import {
  createMemoryRegistry,
  createMemoryStore,
  type ObjectStore,
  withLimit,
  withPrefix,
  withRetry,
} from '@millrace/object-store'
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

const layers = {
  withPrefix: (store: ObjectStore) => withPrefix(store, { prefix: 'some/folder/' }),
  withLimit: (store: ObjectStore) => withLimit(store, { concurrency: 3 }),
  withRetry: (store: ObjectStore) => withRetry(store),
}

for (const [layer, wrap] of Object.entries(layers)) {
  describe(`a store under ${layer}() conforms`, () => {
    for (const { name, run } of conformanceTests) {
      if (layer === 'withPrefix' && name === 'any key is kept apart from every other') continue
      test(name, () => run(async () => wrap(createMemoryStore())))
    }
  })
}
