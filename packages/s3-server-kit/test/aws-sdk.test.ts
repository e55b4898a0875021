import { Readable } from 'node:stream'
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type KitServer, MILLER, REGION, startKit } from './kit-server.ts'

const Bucket = 'bucket'
let kit: KitServer
let client: S3Client

beforeAll(async () => {
  kit = await startKit()
  client = new S3Client({
    endpoint: kit.origin,
    region: REGION,
    forcePathStyle: true,
    credentials: {
      accessKeyId: MILLER.accessKeyId,
      secretAccessKey: MILLER.secretAccessKey,
    },
    maxAttempts: 1,
  })
  await client.send(new CreateBucketCommand({ Bucket }))
})

afterAll(async () => {
  client.destroy()
  await kit[Symbol.asyncDispose]()
})

test.each(['plain', 'a b/c+d', 'ünï/🌾', 'a//b', '../a', 'a?b#c&d=e', "it's(*)!~", '%41'])(
  'the AWS SDK puts, gets, heads and lists the key %s',
  async (Key) => {
    const put = await client.send(
      new PutObjectCommand({ Bucket, Key, Body: Key, Metadata: { a: 'b' } }),
    )
    const got = await client.send(new GetObjectCommand({ Bucket, Key }))
    expect(await got.Body?.transformToString()).toBe(Key)
    expect([got.ETag, got.Metadata, got.ChecksumCRC32]).toEqual([
      put.ETag,
      { a: 'b' },
      put.ChecksumCRC32,
    ])
    const head = await client.send(new HeadObjectCommand({ Bucket, Key }))
    expect(head.ContentLength).toBe(Buffer.byteLength(Key))
    const listed = await client.send(new ListObjectsV2Command({ Bucket, Prefix: Key }))
    expect(listed.Contents?.map((one) => one.Key)).toContain(Key)
  },
)

test('the AWS SDK streams a body with a checksum in its trailer', async () => {
  const Body = Readable.from([Buffer.alloc(100_000, 1), Buffer.alloc(100_000, 2)])
  await client.send(new PutObjectCommand({ Bucket, Key: 'streamed', Body, ContentLength: 200_000 }))
  const got = await client.send(
    new GetObjectCommand({ Bucket, Key: 'streamed', Range: 'bytes=99999-100000' }),
  )
  expect(Array.from((await got.Body?.transformToByteArray()) ?? [])).toEqual([1, 2])
})

test.each(['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const)(
  'the AWS SDK uploads in parts with %s and verifies what it downloads',
  async (ChecksumAlgorithm) => {
    const Key = `parts-${ChecksumAlgorithm}`
    const { UploadId } = await client.send(
      new CreateMultipartUploadCommand({ Bucket, Key, ChecksumAlgorithm }),
    )
    const bodies = [Buffer.alloc(5 * 1024 * 1024, 1), Buffer.from('tail')]
    const Parts = []
    for (const [at, Body] of bodies.entries()) {
      const PartNumber = at + 1
      const { $metadata: _metadata, ...part } = await client.send(
        new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body, ChecksumAlgorithm }),
      )
      Parts.push({ ...part, PartNumber })
    }
    await client.send(
      new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } }),
    )
    const got = await client.send(new GetObjectCommand({ Bucket, Key }))
    expect(
      Buffer.concat(bodies).equals((await got.Body?.transformToByteArray()) ?? Buffer.alloc(0)),
    ).toBe(true)
  },
)

test('the AWS SDK copies, and deletes many', async () => {
  await client.send(new PutObjectCommand({ Bucket, Key: 'from', Body: 'grain' }))
  await client.send(new CopyObjectCommand({ Bucket, Key: 'to', CopySource: `${Bucket}/from` }))
  const deleted = await client.send(
    new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: 'from' }, { Key: 'to' }] } }),
  )
  expect(deleted.Deleted?.map(({ Key }) => Key)).toEqual(['from', 'to'])
  await expect(client.send(new GetObjectCommand({ Bucket, Key: 'to' }))).rejects.toMatchObject({
    name: 'NoSuchKey',
  })
})

test('the AWS SDK meets S3s conditions', async () => {
  const put = (IfNoneMatch: string) =>
    client.send(new PutObjectCommand({ Bucket, Key: 'once', Body: 'x', IfNoneMatch }))
  await put('*')
  await expect(put('*')).rejects.toMatchObject({ name: 'PreconditionFailed' })
})
