import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { createMemoryRegistry, ObjectStoreError } from '@millrace/object-store'
import { S3_ROUTES, S3Error } from '@millrace/s3-protocol'
import {
  createS3Handler,
  FAILURE_CHANNEL,
  operationsFor,
  REQUEST_CHANNEL,
  type S3HandlerOptions,
  toS3Error,
} from '@millrace/s3-server-kit'
import { expect, test } from 'vitest'
import { startKit } from './kit-server.ts'

test('createS3Handler() has no default that lets anybody in', () => {
  const operations = operationsFor(createMemoryRegistry())
  for (const options of [
    { operations },
    { operations, users: () => undefined },
    { users: () => undefined, authorize: () => true },
  ]) {
    expect(() => createS3Handler(options as S3HandlerOptions)).toThrow(
      expect.objectContaining({ code: 'ERR_S3_SERVER_KIT_INVALID_ARGUMENT' }),
    )
  }
})

test('operationsFor() has an operation for every route', () => {
  const operations = operationsFor(createMemoryRegistry())
  expect(S3_ROUTES.filter(({ operation }) => typeof operations[operation] !== 'function')).toEqual(
    [],
  )
})

test('an operation that is left out answers 501, one that is replaced answers as it likes', async () => {
  const registry = createMemoryRegistry()
  const { DeleteObject: _left, ...operations } = operationsFor(registry)
  await using kit = await startKit({
    registry,
    operations: {
      ...operations,
      GetBucketLocation: async () => ({ document: { value: 'mill-pond' } }),
      HeadBucket: async () => {
        throw new S3Error('SlowDown', { headers: { 'Retry-After': '7' } })
      },
    },
  })
  await kit.send('PUT', '/bucket')
  const deleted = await kit.send('DELETE', '/bucket/key')
  expect([deleted.status, deleted.code]).toEqual([501, 'NotImplemented'])
  expect((await kit.send('GET', '/bucket?location')).text).toContain('>mill-pond<')
  const slow = await kit.send('HEAD', '/bucket')
  expect([slow.status, slow.headers['retry-after']]).toEqual([503, '7'])
})

test.each([
  ['UNAVAILABLE', 503, 'SlowDown'],
  ['NO_SPACE', 507, 'InsufficientStorage'],
  ['CORRUPT', 500, 'InternalError'],
  ['IO', 500, 'InternalError'],
  ['NOT_SUPPORTED', 501, 'NotImplemented'],
  ['ACCESS_DENIED', 403, 'AccessDenied'],
  ['CONFLICT', 409, 'ConditionalRequestConflict'],
] as const)(
  'a store that says %s answers %i %s, and its words stay inside',
  async (code, status, s3Code) => {
    const registry = createMemoryRegistry()
    await using kit = await startKit({
      registry: {
        ...registry,
        openBucket: async () => {
          throw new ObjectStoreError(code, 'Volume /mnt/secret')
        },
      },
      authorize: () => true,
    })
    const answer = await kit.send('GET', '/bucket/key')
    expect([answer.status, answer.code]).toEqual([status, s3Code])
    expect(answer.text).not.toContain('/mnt/secret')
    if (status === 503) expect(answer.headers['retry-after']).toBe('2')
  },
)

test('toS3Error() leaves other errors alone', () => {
  const error = new Error('x')
  expect(toS3Error(error, { bucket: '', key: '' })).toBe(error)
  expect(toS3Error('thrown', { bucket: '', key: '' })).toBe('thrown')
})

test('virtual-host style names the bucket in the host', async () => {
  await using kit = await startKit({ domains: ['s3.mill.test'] })
  const headers = { host: 'bucket.s3.mill.test:9000' }
  expect((await kit.send('PUT', '/', { headers })).status).toBe(200)
  expect((await kit.send('PUT', '/some/key', { headers, body: 'grain' })).status).toBe(200)
  expect((await kit.send('GET', '/bucket/some/key')).text).toBe('grain')
  const service = await kit.send('GET', '/', { headers: { host: 's3.mill.test' } })
  expect(service.text).toContain('<Name>bucket</Name>')
  const bad = await kit.send('GET', '/', { headers: { host: 'UP_PER.s3.mill.test' } })
  expect(bad.code).toBe('InvalidBucketName')
  expect((await kit.registry.headBucket('bucket')).owner).toBe('miller-id')
})

test('every answer has an id of its own, which is also in its error XML', async () => {
  await using kit = await startKit()
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => kit.send('GET', '/nothing-here')),
  )
  const ids = answers.map(({ headers }) => headers['x-amz-request-id'])
  expect(new Set(ids).size).toBe(20)
  expect(answers[0]?.text).toContain(`<RequestId>${String(ids[0])}</RequestId>`)
  expect(answers[0]?.text).toContain('<Resource>/nothing-here</Resource>')
})

test('the diagnostics channels hear of requests and of failures, and of no secret', async () => {
  const heard: unknown[] = []
  const listen = (message: unknown): void => {
    heard.push(message)
  }
  subscribe(REQUEST_CHANNEL, listen)
  subscribe(FAILURE_CHANNEL, listen)
  try {
    const registry = createMemoryRegistry()
    await using kit = await startKit({
      registry,
      operations: { GetObject: async () => Promise.reject(new Error('broken')) },
      authorize: () => true,
    })
    expect((await kit.send('GET', '/bucket/key')).status).toBe(500)
    expect(heard).toHaveLength(2)
    expect(heard[0]).toMatchObject({ operation: 'GetObject', error: { message: 'broken' } })
    expect(heard[1]).toMatchObject({
      operation: 'GetObject',
      bucket: 'bucket',
      key: 'key',
      status: 500,
    })
    expect(JSON.stringify(heard)).not.toContain('grinding')
  } finally {
    unsubscribe(REQUEST_CHANNEL, listen)
    unsubscribe(FAILURE_CHANNEL, listen)
  }
})

test('a body is checked also where the store can compute no digests', async () => {
  const base = createMemoryRegistry()
  const asked: unknown[] = []
  const registry = {
    ...base,
    openBucket: async (name: string) => {
      const store = await base.openBucket(name)
      return {
        ...store,
        capabilities: { ...store.capabilities, digests: [] },
        put: (...[key, body, options]: Parameters<typeof store.put>) => {
          asked.push(options?.digests)
          return store.put(key, body, options)
        },
      }
    },
  }
  await using kit = await startKit({ registry })
  await kit.send('PUT', '/bucket')
  const put = (headers: Record<string, string>) =>
    kit.send('PUT', '/bucket/key', { body: '123456789', headers })
  expect((await put({ 'x-amz-checksum-crc32': 'AAAAAA==' })).code).toBe('BadDigest')
  expect((await put({ 'x-amz-checksum-crc32': 'y/Q5Jg==' })).status).toBe(200)
  expect(asked).toEqual([[], []])
})

test('an onError that throws takes nothing down', async () => {
  await using kit = await startKit({
    operations: { GetObject: async () => Promise.reject(new Error('broken')) },
    authorize: () => true,
    onError: () => {
      throw new Error('also broken')
    },
  })
  await expect(kit.send('GET', '/bucket/key')).rejects.toThrow()
  expect((await kit.send('GET', '/bucket')).status).toBe(501)
})

test('chunks without bytes in them do not disturb an answer', async () => {
  const base = createMemoryRegistry()
  await base.createBucket('bucket')
  await (await base.openBucket('bucket')).put('key', [Buffer.from('grain')])
  const registry = {
    ...base,
    openBucket: async (name: string) => {
      const store = await base.openBucket(name)
      return {
        ...store,
        get: async (...[key, options]: Parameters<typeof store.get>) => {
          const result = await store.get(key, options)
          const body = async function* () {
            yield new Uint8Array(0)
            yield Buffer.from('gr')
            yield new Uint8Array(0)
            yield Buffer.from('ain')
            yield new Uint8Array(0)
          }
          return {
            ...result,
            body: body(),
            [Symbol.asyncDispose]: () => result[Symbol.asyncDispose](),
          }
        },
      }
    },
  }
  await using kit = await startKit({ registry, authorize: () => true })
  expect((await kit.send('GET', '/bucket/key')).text).toBe('grain')
})
