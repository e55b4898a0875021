import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import {
  copyObject,
  createMemoryStore,
  type ObjectStoreError,
  withRetry,
} from '@millrace/object-store'
import { createS3Store, parseS3Url } from '@millrace/object-store-s3'
import { describe, test } from 'vitest'
import { fake, xmlError } from './fake-server.ts'

async function bytesOf(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of source) chunks.push(chunk)
  return Buffer.concat(chunks)
}

describe('createS3Store() reads', () => {
  test('sends keys as they are, percent-encoded once, dots kept', async () => {
    await using server = await fake((_request, response) => {
      response.writeHead(200, { etag: '"e"', 'content-length': '0' }).end()
    })
    const cases = [
      ['a b+c', '/bucket/a%20b%2Bc'],
      ['../x/./..', '/bucket/../x/./..'],
      ['//', '/bucket///'],
      ['ä%2F?#', '/bucket/%C3%A4%252F%3F%23'],
      ["!'()*~", '/bucket/%21%27%28%29%2A~'],
    ] as const
    for (const [key, url] of cases) {
      await server.store.head(key)
      assert.equal(server.seen.at(-1)?.url, url)
      assert.match(server.seen.at(-1)?.headers.authorization ?? '', /SignedHeaders=[^,]*host/)
    }
  })

  test('tells what the headers say', async () => {
    await using server = await fake((_request, response) => {
      response.writeHead(206, {
        etag: '"900150983cd24fb0d6963f7d28e17f72"',
        'content-range': 'bytes 0-2/1000',
        'content-length': '3',
        'last-modified': 'Thu, 01 Dec 1994 16:00:00 GMT',
        'content-type': 'text/plain',
        'x-amz-version-id': 'v1',
        'x-amz-meta-mill': '=?UTF-8?B?TcO8aGxl?=',
        'x-amz-checksum-crc32': 'AAAAAA==',
      })
      response.end('abc')
    })
    const result = await server.store.get('k', { range: { start: 0, end: 3 } })
    assert.equal((await bytesOf(result.body)).toString(), 'abc')
    const { info } = result
    assert.deepEqual(
      [info.size, info.etagIsMd5, info.versionId, info.metadata, info.headers, info.checksums],
      [
        1000,
        true,
        'v1',
        { mill: 'Mühle' },
        { contentType: 'text/plain' },
        [{ algorithm: 'crc32', value: 'AAAAAA==', type: 'FULL_OBJECT' }],
      ],
    )
    assert.equal(info.lastModified.getTime(), Date.UTC(1994, 11, 1, 16))
    assert.equal(server.seen[0]?.headers.range, 'bytes=0-2')
    assert.equal(server.seen[0]?.headers['x-amz-checksum-mode'], 'ENABLED')
  })

  test('does not take an ETag for an MD5 where a key of KMS or the customer encrypts', async () => {
    for (const header of [
      { 'x-amz-server-side-encryption': 'aws:kms' },
      { 'x-amz-server-side-encryption-customer-algorithm': 'AES256' },
    ]) {
      await using server = await fake((_request, response) => {
        response.writeHead(200, { etag: `"${'0'.repeat(32)}"`, 'content-length': '0', ...header })
        response.end()
      })
      assert.equal((await server.store.head('k')).etagIsMd5, false)
    }
  })

  const answers = [
    ['another range', 206, { 'content-range': 'bytes 1-10/100' }, 'CORRUPT'],
    ['no Content-Range', 206, {}, 'CORRUPT'],
    ['an unknown total', 206, { 'content-range': 'bytes 0-9/*' }, 'CORRUPT'],
    [
      'another length',
      206,
      { 'content-range': 'bytes 0-9/100', 'content-length': '11' },
      'CORRUPT',
    ],
    ['the whole object', 200, { 'content-length': '100' }, 'NOT_SUPPORTED'],
  ] as const
  test.each(answers)(
    'an answer to a range with %s is an error',
    async (_name, status, headers, code) => {
      await using server = await fake((_request, response) => {
        response.writeHead(status, { etag: '"e"', 'content-length': '10', ...headers })
        response.end(Buffer.alloc(Number({ 'content-length': '10', ...headers }['content-length'])))
      })
      await assert.rejects(server.store.get('k', { range: { start: 0, end: 10 } }), { code })
    },
  )

  test('a body that is cut off is an error, and goes on under withRetry', async () => {
    const bytes = Buffer.alloc(100_000, 'mill')
    let cuts = 2
    await using server = await fake(({ headers }, response) => {
      const start = Number(/=(\d+)-/.exec(headers.range ?? 'bytes=0-')?.[1])
      response.writeHead(start === 0 ? 200 : 206, {
        etag: '"e"',
        'content-length': `${bytes.length - start}`,
        'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}`,
      })
      if (cuts-- > 0)
        response.write(bytes.subarray(start, start + 30_000), () => response.destroy())
      else response.end(bytes.subarray(start))
    })
    const result = await server.store.get('k')
    await assert.rejects(bytesOf(result.body), { code: 'UNAVAILABLE', retryable: true })
    const whole = await withRetry(server.store, { baseDelayMs: 1 }).get('k')
    assert.ok((await bytesOf(whole.body)).equals(bytes))
    assert.ok(server.seen.slice(2).every(({ headers }) => headers['if-match'] === '"e"'))
    // Requests of the same second sign alike, so only those for different ranges must differ.
    const [first, , resumed] = server.seen.map(({ headers }) => headers.authorization)
    assert.notEqual(first, resumed, 'a request with another range has another signature')
  })

  test('backpressure: a body that is not read is not buffered', async () => {
    const size = 64 * 1024 * 1024
    let written = 0
    await using server = await fake(async (_request, response) => {
      response.setMaxListeners(0)
      response.writeHead(200, { etag: '"e"', 'content-length': `${size}` })
      while (written < size && !response.destroyed) {
        const ready = response.write(Buffer.alloc(65_536))
        written += 65_536
        if (!ready) {
          await new Promise<void>((resolve) => {
            response.once('drain', resolve)
            response.once('close', resolve)
          })
        }
      }
    })
    const result = await server.store.get('k')
    await new Promise((resolve) => setTimeout(resolve, 200))
    assert.ok(written < 32 * 1024 * 1024, `${written} bytes were sent to nobody`)
    await result[Symbol.asyncDispose]()
  })
})

describe('createS3Store() errors', () => {
  test.each([
    [404, 'NoSuchKey', 'NOT_FOUND'],
    [404, 'NoSuchBucket', 'NO_SUCH_BUCKET'],
    [403, 'SignatureDoesNotMatch', 'ACCESS_DENIED'],
    [412, 'PreconditionFailed', 'PRECONDITION_FAILED'],
    [409, 'ConditionalRequestConflict', 'CONFLICT'],
    [416, 'InvalidRange', 'RANGE_NOT_SATISFIABLE'],
    [503, 'SlowDown', 'UNAVAILABLE'],
    [500, 'InternalError', 'UNAVAILABLE'],
    [501, 'NotImplemented', 'NOT_SUPPORTED'],
    [507, 'InsufficientStorage', 'NO_SPACE'],
    [418, 'Teapot', 'IO'],
  ])('%i %s is %s', async (status, s3Code, code) => {
    await using server = await fake((_request, response) => xmlError(response, status, s3Code))
    await assert.rejects(server.store.get('k'), (error: ObjectStoreError) => {
      assert.deepEqual([error.code, error.details['s3Code']], [code, s3Code])
      assert.equal(error.retryable, code === 'UNAVAILABLE' || code === 'CONFLICT')
      assert.match(error.message, /It was \w+: GET bucket\/k$/)
      return true
    })
  })

  test('an answer that is a proxy page or a long one still says its status', async () => {
    await using server = await fake((_request, response) => {
      response.writeHead(502).end(`<html><Error>${'x'.repeat(500_000)}`)
    })
    await assert.rejects(server.store.get('k'), { code: 'UNAVAILABLE' })
  })

  test('a redirect is not followed and says where the bucket is', async () => {
    await using server = await fake((_request, response) =>
      xmlError(response, 301, 'PermanentRedirect', '<Region>eu-mill-1</Region>'),
    )
    await assert.rejects(server.store.get('k'), (error: ObjectStoreError) => {
      assert.match(error.message, /use region eu-mill-1/)
      return true
    })
    assert.equal(server.seen.length, 1)
  })

  test('a connection that is refused or hangs is UNAVAILABLE', async () => {
    await using nobody = createS3Store({ endpoint: 'http://127.0.0.1:1', bucket: 'b' })
    await assert.rejects(nobody.get('k'), { code: 'UNAVAILABLE', retryable: true })
    await using server = await fake(() => {}, { headersTimeoutMs: 100 })
    await assert.rejects(server.store.get('k'), { code: 'UNAVAILABLE', retryable: true })
  })

  test('an abort while nothing comes rejects with its reason at once', async () => {
    await using server = await fake(() => {})
    const reason = new Error('enough')
    const controller = new AbortController()
    const waiting = server.store.get('k', { signal: controller.signal })
    setTimeout(() => controller.abort(reason), 30)
    await assert.rejects(waiting, reason)
  })
})

describe('createS3Store() writes', () => {
  const accept = (_request: unknown, response: import('node:http').ServerResponse): void => {
    response.writeHead(200, { etag: '"e"' }).end()
  }

  test('a small body is signed, a large one of known size streams unsigned with its length', async () => {
    await using server = await fake(accept)
    await server.store.put('small', [Buffer.from('abc')], { size: 3 })
    const hash = createHash('sha256').update('abc').digest('hex')
    assert.equal(server.seen[0]?.headers['x-amz-content-sha256'], hash)
    const chunk = Buffer.alloc(1024 * 1024, 7)
    const size = 9 * chunk.length
    await server.store.put(
      'large',
      Array.from({ length: 9 }, () => chunk),
      { size },
    )
    assert.equal(server.seen[1]?.headers['x-amz-content-sha256'], 'UNSIGNED-PAYLOAD')
    assert.equal(server.seen[1]?.headers['content-length'], `${size}`)
    assert.equal(server.seen[1]?.body.length, size)
  })

  test('a large body that fails behind its last byte was never sent whole', async () => {
    await using server = await fake(accept)
    const size = 9 * 1024 * 1024
    const failure = new Error('source failed')
    async function* body(): AsyncGenerator<Uint8Array, void, undefined> {
      for (let i = 0; i < 9; i++) yield Buffer.alloc(1024 * 1024)
      throw failure
    }
    await assert.rejects(server.store.put('k', body(), { size }), failure)
    assert.ok(server.seen.every(({ complete }) => !complete))
  })

  test('a server that refuses early ends the upload and closes its source', async () => {
    let closed = false
    await using server = await fake(() => {})
    // Answers as soon as the first bytes are there, and reads no more.
    const { createServer } = await import('node:http')
    const rude = createServer((_request, response) => xmlError(response, 403, 'AccessDenied'))
    await new Promise<void>((resolve) => rude.listen(0, '127.0.0.1', resolve))
    const { port } = rude.address() as import('node:net').AddressInfo
    await using store = createS3Store({ endpoint: `http://127.0.0.1:${port}`, bucket: 'b' })
    async function* endless(): AsyncGenerator<Uint8Array, void, undefined> {
      try {
        for (;;) yield Buffer.alloc(65_536)
      } finally {
        closed = true
      }
    }
    await assert.rejects(store.put('k', endless(), { size: 1024 ** 3 }))
    assert.equal(closed, true)
    rude.closeAllConnections()
    await new Promise((resolve) => rude.close(resolve))
    assert.equal(server.seen.length, 0)
  })

  test('a body of unknown size becomes parts when it is large, and is aborted when it fails', async () => {
    const answer = (
      { method, url }: { method: string; url: string },
      response: import('node:http').ServerResponse,
    ): void => {
      if (url.endsWith('?uploads=')) {
        response.end(
          '<InitiateMultipartUploadResult><UploadId>u&amp;1</UploadId></InitiateMultipartUploadResult>',
        )
      } else if (method === 'POST') {
        response.end(
          '<CompleteMultipartUploadResult><ETag>&quot;x-2&quot;</ETag></CompleteMultipartUploadResult>',
        )
      } else accept(undefined, response)
    }
    await using server = await fake(answer)
    const chunk = Buffer.alloc(3 * 1024 * 1024, 1)
    const result = await server.store.put('k', [chunk, chunk, chunk, chunk])
    assert.equal(result.etag, 'x-2')
    const puts = server.seen.filter(({ method }) => method === 'PUT')
    assert.deepEqual(
      puts.map(({ body }) => body.length),
      [9 * 1024 * 1024, 3 * 1024 * 1024],
    )
    assert.match(puts[1]?.url ?? '', /partNumber=2&uploadId=u%261$/)
    async function* failing(): AsyncGenerator<Uint8Array, void, undefined> {
      for (let i = 0; i < 4; i++) yield chunk
      throw new Error('source failed')
    }
    await assert.rejects(server.store.put('k', failing()), /source failed/)
    assert.equal(server.seen.at(-1)?.method, 'DELETE')
  })

  test('complete that answers 200 with an error inside is an error', async () => {
    await using server = await fake(({ url }, response) => {
      if (url.endsWith('?uploads=')) response.end('<R><UploadId>u</UploadId></R>')
      else xmlError(response, 200, 'InternalError')
    })
    const upload = await server.store.createMultipart('k')
    await assert.rejects(upload.complete([{ partNumber: 1, etag: 'e' }]), {
      code: 'UNAVAILABLE',
      retryable: true,
    })
  })

  test('copies from any store', async () => {
    await using server = await fake(accept)
    const memory = createMemoryStore()
    await memory.put('a', [Buffer.from('abc')], {
      metadata: { x: 'ü' },
      headers: { contentType: 'text/plain' },
    })
    await copyObject({ store: memory, key: 'a' }, { store: server.store, key: 'b' })
    const { headers, body } = server.seen[0] as (typeof server.seen)[number]
    assert.equal(body.toString(), 'abc')
    assert.deepEqual(
      [headers['content-type'], headers['x-amz-meta-x']],
      ['text/plain', '=?UTF-8?B?w7w=?='],
    )
  })
})

describe('createS3Store() lists', () => {
  test('walks pages in order, merging keys and prefixes, keys decoded', async () => {
    await using server = await fake(({ url }, response) => {
      const query = new URL(url, 'http://x').searchParams
      const token = query.get('continuation-token')
      assert.equal(query.get('encoding-type'), 'url')
      const object = (key: string): string =>
        `<Contents><Key>${key}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>&#34;e&#34;</ETag><Size>1</Size><Unknown><Deep/></Unknown></Contents>`
      const prefix = (name: string): string =>
        `<CommonPrefixes><Prefix>${name}</Prefix></CommonPrefixes>`
      response.end(
        `<?xml version="1.0"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${
          token === null
            ? `${object('a')}${object('b+c%0A')}${prefix('a%2F')}<IsTruncated>true</IsTruncated><NextContinuationToken>t/1=</NextContinuationToken>`
            : `${prefix('a%2F')}${object('%F0%9F%98%80')}<IsTruncated>false</IsTruncated>`
        }</ListBucketResult>`,
      )
    })
    const found: string[] = []
    for await (const entry of server.store.list({ delimiter: '/' })) {
      found.push(
        entry.type === 'prefix' ? entry.prefix : entry.type === 'object' ? entry.info.key : '',
      )
    }
    assert.deepEqual(found, ['a', 'a/', 'b c\n', '\u{1F600}'])
    assert.match(server.seen[1]?.url ?? '', /continuation-token=t%2F1%3D/)
  })

  test.each([
    '',
    'not xml',
    '<a><b></a>',
    '<a>',
    '<a>&unknown;</a>',
    '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
    '<a/><b/>',
    '<a>'.repeat(50) + '</a>'.repeat(50),
  ])('an answer that is no XML of S3 is CORRUPT: %j', async (text) => {
    await using server = await fake((_request, response) => response.end(text) as unknown as void)
    await assert.rejects(
      async () => {
        for await (const entry of server.store.list()) assert.fail(entry.type)
      },
      { code: 'CORRUPT' },
    )
  })
})

describe('createS3Store() options', () => {
  test('throws at the call for what cannot be', () => {
    const code = 'ERR_OBJECT_STORE_S3_INVALID_ARGUMENT'
    for (const options of [
      { bucket: '' },
      { bucket: 'a/b' },
      { bucket: 'b', endpoint: 'nonsense' },
      { bucket: 'b', endpoint: 'ftp://x' },
      { bucket: 'b', endpoint: 'http://user:pass@x' },
      { bucket: 'b', partSize: 1 },
    ]) {
      assert.throws(() => createS3Store(options), { code })
    }
  })

  test('asks for credentials before each request, and signs none without', async () => {
    let asked = 0
    await using server = await fake(
      (_request, response) => void response.writeHead(200, { 'content-length': '0' }).end(),
      {
        credentials: async () => ({
          accessKeyId: `K${++asked}`,
          secretAccessKey: 's',
          sessionToken: 't',
        }),
      },
    )
    await server.store.head('a')
    await server.store.head('a')
    assert.match(server.seen[1]?.headers.authorization ?? '', /Credential=K2\//)
    assert.equal(server.seen[1]?.headers['x-amz-security-token'], 't')
    await using anonymous = createS3Store({ endpoint: server.endpoint, bucket: 'bucket' })
    await anonymous.head('a')
    assert.equal(server.seen[2]?.headers.authorization, undefined)
  })

  test('parseS3Url() takes keys as they are', () => {
    assert.deepEqual(parseS3Url('s3://b'), { bucket: 'b', key: '' })
    assert.deepEqual(parseS3Url('s3://b//x%20y'), { bucket: 'b', key: '/x%20y' })
    for (const text of ['s3://', 's3:///k', 'http://b/k', 's3:b/k']) {
      assert.throws(() => parseS3Url(text), { code: 'ERR_OBJECT_STORE_S3_INVALID_URL' })
    }
  })
})
