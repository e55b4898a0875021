import { type Route, S3_ROUTES } from '@millrace/s3-protocol'
import { type PayloadMode, presignUrl } from '@millrace/sigv4'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  type Answer,
  FOX,
  type KitServer,
  MILLER,
  PAYLOAD_MODES,
  REGION,
  type SendOptions,
  startKit,
} from './kit-server.ts'
import { begin, part } from './uploads.ts'

const SECRET = 'what nobody else may read'
const BOGUS = '0'.repeat(64)

let kit: KitServer
let uploadId: string
let cells = 0

beforeAll(async () => {
  kit = await startKit()
  await kit.send('PUT', '/bucket')
  await kit.send('PUT', '/bucket/key', { body: SECRET, headers: { 'x-amz-meta-note': SECRET } })
  uploadId = await begin(kit, 'key')
  await part(kit, uploadId, 1, SECRET)
})

afterAll(async () => {
  await kit[Symbol.asyncDispose]()
  // The table may grow; a matrix that shrinks has lost routes without anybody noticing.
  expect(S3_ROUTES.length).toBeGreaterThanOrEqual(42)
  expect(cells).toBeGreaterThanOrEqual(42 * PAYLOAD_MODES.length * 6)
})

function targetOf(route: Route): string {
  const path = { service: '/', bucket: '/bucket', object: '/bucket/key' }[route.target]
  if (route.query === undefined) return path
  if (route.query === 'uploadId') {
    const number = route.operation.startsWith('UploadPart') ? '&partNumber=2' : ''
    return `${path}?uploadId=${uploadId}${number}`
  }
  return `${path}?${route.query}${route.value === undefined ? '' : `=${route.value}`}`
}

const headersOf = (route: Route): Record<string, string> => ({
  ...(route.header === undefined ? {} : { [route.header]: '/bucket/key' }),
  ...(route.operation === 'GetObjectAttributes' ? { 'x-amz-object-attributes': 'ETag' } : {}),
})

/** What the registry holds, so that any change shows. */
async function state(): Promise<string> {
  const seen: string[] = []
  for await (const { name } of kit.registry.listBuckets()) seen.push(name)
  const store = await kit.registry.openBucket('bucket')
  for await (const entry of store.list()) {
    if (entry.type === 'object') seen.push(`${entry.info.key} ${entry.info.etag}`)
  }
  for await (const upload of store.listMultipart()) seen.push(upload.uploadId)
  for await (const one of (await store.resumeMultipart('key', uploadId)).listParts()) {
    seen.push(`${one.partNumber} ${one.etag}`)
  }
  return seen.join('\n')
}

function expectDenied(answer: Answer, route: Route): void {
  cells++
  expect(answer.status, `${route.operation}: ${answer.text}`).toBe(403)
  expect(answer.text).not.toContain(SECRET)
  expect(answer.text).not.toContain(MILLER.secretAccessKey)
  for (const name of ['etag', 'last-modified', 'x-amz-meta-note', 'content-range']) {
    expect(answer.headers[name]).toBeUndefined()
  }
}

const spoilSignature: SendOptions['spoil'] = (headers, body) => {
  headers['authorization'] = (headers['authorization'] ?? '').replace(
    /Signature=.*/,
    `Signature=${BOGUS}`,
  )
  return body
}

const attacks: Readonly<Record<string, (payload: PayloadMode) => SendOptions>> = {
  'no signature': () => ({ user: null }),
  'a signature with another secret': () => ({ user: { ...MILLER, secretAccessKey: 'wrong' } }),
  'a bogus signature': () => ({ spoil: spoilSignature }),
  'an unknown key': () => ({ user: { ...MILLER, accessKeyId: 'NOBODY' } }),
  'an expired signature': () => ({ now: Date.now() - 3_600_000 }),
}

for (const route of S3_ROUTES) {
  test(`${route.operation} lets nobody in who is not who they say`, {
    timeout: 60_000,
  }, async () => {
    const before = await state()
    const body = route.body === undefined ? '' : 'x'
    for (const payload of PAYLOAD_MODES) {
      const common = { payload, body, headers: headersOf(route) }
      for (const attack of Object.values(attacks)) {
        expectDenied(
          await kit.send(route.method, targetOf(route), { ...common, ...attack(payload) }),
          route,
        )
      }
      await expectPresignedDenied(route, common)
      await expectOthersDenied(route, common)
    }
    expect(await state()).toBe(before)
  })
}

/** Credentials in the query must be checked in every payload mode as well (CVE-2026-41145). */
async function expectPresignedDenied(route: Route, options: SendOptions): Promise<void> {
  const url = new URL(
    presignUrl({
      url: kit.origin + targetOf(route),
      method: route.method,
      credentials: MILLER,
      region: REGION,
    }),
  )
  url.searchParams.set('X-Amz-Signature', BOGUS)
  const answer = await kit.send(route.method, `${url.pathname}${url.search}`, {
    ...options,
    user: null,
  })
  expectDenied(answer, route)
}

async function expectOthersDenied(route: Route, options: SendOptions): Promise<void> {
  const answer = await kit.send(route.method, targetOf(route), { ...options, user: FOX })
  if (route.operation === 'ListBuckets') expect(answer.text).not.toContain('<Name>bucket</Name>')
  else if (route.operation === 'CreateBucket') expect(answer.status).toBeGreaterThanOrEqual(400)
  else expectDenied(answer, route)
}

test('a good signature is good for one method, path, query and host only', async () => {
  const replay = (
    method: string,
    target: string,
    change: (headers: Record<string, string>) => void,
  ) =>
    kit
      .send('GET', '/bucket/key', {
        spoil: (headers, body) => {
          change(headers)
          return body
        },
      })
      .then((answer) => [method, target, answer.status])
  expect(await replay('GET', '/bucket/key', () => {})).toEqual(['GET', '/bucket/key', 200])
  expect((await replay('GET', '/bucket/key', (headers) => (headers['host'] = 'other')))[2]).toBe(
    403,
  )
  expect(
    (await replay('GET', '/bucket/key', (headers) => (headers['x-amz-meta-more'] = 'unsigned')))[2],
  ).toBe(403)
  const presigned = new URL(
    presignUrl({ url: `${kit.origin}/bucket/key`, credentials: MILLER, region: REGION }),
  )
  const get = (method: string, path: string, search: string) =>
    kit
      .send(method, path + search, { user: null, payload: 'unsigned', spoil: withoutAmz })
      .then(({ status }) => status)
  expect(await get('GET', '/bucket/key', presigned.search)).toBe(200)
  expect(await get('DELETE', '/bucket/key', presigned.search)).toBe(403)
  expect(await get('GET', '/bucket/other', presigned.search)).toBe(403)
  expect(await get('GET', '/bucket/key', `${presigned.search}&versionId=null`)).toBe(403)
  expect(await get('GET', '/bucket/%6bey', presigned.search)).toBe(200)
})

const withoutAmz: SendOptions['spoil'] = (headers, body) => {
  delete headers['x-amz-content-sha256']
  return body
}

test('a presigned URL ends when it says', async () => {
  const expired = new URL(
    presignUrl({
      url: `${kit.origin}/bucket/key`,
      credentials: MILLER,
      region: REGION,
      expires: 60,
      now: Date.now() - 61_000,
    }),
  )
  const answer = await kit.send('GET', `/bucket/key${expired.search}`, {
    user: null,
    payload: 'unsigned',
    spoil: withoutAmz,
  })
  expect([answer.status, answer.code]).toEqual([403, 'AccessDenied'])
})

test('conditions are not evaluated for who may not read (CVE-2024-36107)', async () => {
  for (const headers of [
    { 'if-none-match': '*' },
    { 'if-match': '"no"' },
    { range: 'bytes=99999-' },
  ]) {
    for (const method of ['GET', 'HEAD']) {
      const answer = await kit.send(method, '/bucket/key', { user: null, headers })
      expect(answer.status).toBe(403)
      expect(answer.headers.etag).toBeUndefined()
    }
  }
})

test('only the value true allows', async () => {
  for (const allowed of ['yes', 1, {}, Promise.resolve('true'), null]) {
    await using lax = await startKit({ authorize: () => allowed as boolean })
    expect((await lax.send('GET', '/')).status).toBe(403)
  }
})
