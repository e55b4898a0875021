import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createMemoryRegistry } from '@millrace/object-store'
import { conformanceTests } from '@millrace/object-store/conformance'
import { createS3Store, type S3Store } from '@millrace/object-store-s3'
import { allowSigned, createS3Server, operationsFor, usersOf } from '@millrace/s3-server-kit'
import { afterAll, beforeAll, describe, test } from 'vitest'

const credentials = { accessKeyId: 'AK', secretAccessKey: 'secret' }

// Every server is a store, and every store can be served: what goes in at one end of S3 comes out at the other.
describe.each([false, true])('S3 store on the server kit, versions %s', (versions) => {
  const registry = createMemoryRegistry({ versions })
  let server: Server
  let endpoint: string
  let buckets = 0

  beforeAll(async () => {
    server = createS3Server({
      operations: operationsFor(registry),
      users: usersOf([{ ...credentials, id: 'me' }]),
      authorize: allowSigned,
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(() => {
    server.close()
  })

  test.each(conformanceTests)('$name', async ({ run }) => {
    const stores: S3Store[] = []
    try {
      await run(async () => {
        const bucket = `bucket-${buckets++}`
        await registry.createBucket(bucket, { owner: 'me' })
        const store = createS3Store({ endpoint, bucket, credentials, versions })
        stores.push(store)
        return store
      })
    } finally {
      for (const store of stores) await store.close()
    }
  })
})
