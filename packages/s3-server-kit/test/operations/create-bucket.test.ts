import { expect, test } from 'vitest'
import { FOX, startKit } from '../kit-server.ts'

test('CreateBucket makes a bucket that belongs to its maker', async () => {
  await using kit = await startKit()
  const answer = await kit.send('PUT', '/bucket')
  expect(answer.status).toBe(200)
  expect(answer.headers.location).toBe('/bucket')
  expect((await kit.registry.headBucket('bucket')).owner).toBe('miller-id')
})

test('CreateBucket tells its owner from others where the name is taken', async () => {
  await using kit = await startKit()
  await kit.send('PUT', '/bucket')
  const mine = await kit.send('PUT', '/bucket')
  expect([mine.status, mine.code]).toEqual([409, 'BucketAlreadyOwnedByYou'])
  const theirs = await kit.send('PUT', '/bucket', { user: FOX })
  expect([theirs.status, theirs.code]).toEqual([409, 'BucketAlreadyExists'])
})

test('CreateBucket takes its own region as location and no other', async () => {
  await using kit = await startKit({ region: 'us-east-1' })
  const configured = (region: string) =>
    `<CreateBucketConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><LocationConstraint>${region}</LocationConstraint></CreateBucketConfiguration>`
  const other = await kit.send('PUT', '/bucket', { body: configured('eu-west-1') })
  expect([other.status, other.code]).toEqual([400, 'IllegalLocationConstraintException'])
  expect((await kit.send('PUT', '/bucket', { body: configured('us-east-1') })).status).toBe(200)
})

test.each([
  'AB',
  'Upper-Case',
  'a',
  '192.168.0.1',
  'a..b',
  '-abc',
  'abc-',
  'xn--abc',
  `a${'b'.repeat(63)}`,
  '..',
  '%2e%2e',
  'a%2Fb',
  'a%00b',
])('CreateBucket refuses the name %s', async (name) => {
  await using kit = await startKit()
  const answer = await kit.send('PUT', `/${name}`)
  expect([answer.status, answer.code]).toEqual([400, 'InvalidBucketName'])
})

test('CreateBucket refuses ACLs and malformed XML, and makes nothing', async () => {
  await using kit = await startKit()
  const acl = await kit.send('PUT', '/bucket', { headers: { 'x-amz-acl': 'public-read' } })
  expect(acl.code).toBe('AccessControlListNotSupported')
  expect((await kit.send('PUT', '/bucket', { body: '<wrong/>' })).code).toBe('MalformedXML')
  await expect(kit.registry.headBucket('bucket')).rejects.toMatchObject({ code: 'NO_SUCH_BUCKET' })
})
