import { conformanceTests } from '@millrace/object-store/conformance'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { type Fixture, openFixture } from './volumes-fixture.ts'

describe('erasure store as an ObjectStore', () => {
  let fixture: Fixture
  let count = 0
  beforeAll(async () => {
    fixture = await openFixture()
  })
  afterAll(async () => await fixture[Symbol.asyncDispose]())

  for (const { name, run } of conformanceTests) {
    test(name, async () => {
      const bucket = `bucket-${count++}`
      await fixture.store.createBucket(bucket)
      await run(() => fixture.store.openBucket(bucket))
    })
  }
})
