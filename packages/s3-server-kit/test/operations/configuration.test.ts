import { expect, test } from 'vitest'
import { startKit } from '../kit-server.ts'

test.each([
  ['cors', 'NoSuchCORSConfiguration'],
  ['encryption', 'ServerSideEncryptionConfigurationNotFoundError'],
  ['lifecycle', 'NoSuchLifecycleConfiguration'],
  ['object-lock', 'ObjectLockConfigurationNotFoundError'],
  ['ownershipControls', 'OwnershipControlsNotFoundError'],
  ['policy', 'NoSuchBucketPolicy'],
  ['policyStatus', 'NoSuchBucketPolicy'],
  ['publicAccessBlock', 'NoSuchPublicAccessBlockConfiguration'],
  ['replication', 'ReplicationConfigurationNotFoundError'],
  ['tagging', 'NoSuchTagSet'],
  ['website', 'NoSuchWebsiteConfiguration'],
])('a bucket without %s answers as S3s does', async (query, code) => {
  await using kit = await startKit()
  await kit.send('PUT', '/bucket')
  const answer = await kit.send('GET', `/bucket?${query}`)
  expect([answer.status, answer.code]).toEqual([404, code])
  expect((await kit.send('GET', `/nothing?${query}`)).code).toBe('NoSuchBucket')
})

test.each([
  [
    'accelerate',
    '<AccelerateConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"></AccelerateConfiguration>',
  ],
  [
    'logging',
    '<BucketLoggingStatus xmlns="http://s3.amazonaws.com/doc/2006-03-01/"></BucketLoggingStatus>',
  ],
  [
    'notification',
    '<NotificationConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"></NotificationConfiguration>',
  ],
  [
    'versioning',
    '<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"></VersioningConfiguration>',
  ],
  ['requestPayment', '<Payer>BucketOwner</Payer>'],
  [
    'acl',
    '<ID>miller-id</ID><DisplayName>miller-id</DisplayName></Grantee><Permission>FULL_CONTROL</Permission>',
  ],
])('a bucket answers ?%s with its defaults', async (query, xml) => {
  await using kit = await startKit()
  await kit.send('PUT', '/bucket')
  const answer = await kit.send('GET', `/bucket?${query}`)
  expect(answer.status).toBe(200)
  expect(answer.text).toContain(xml)
})

test('an object answers tagging, ACL, retention and legal hold with their defaults', async () => {
  await using kit = await startKit()
  await kit.send('PUT', '/bucket')
  await kit.send('PUT', '/bucket/key', { body: 'x' })
  expect((await kit.send('GET', '/bucket/key?tagging')).text).toContain('<TagSet></TagSet>')
  expect((await kit.send('GET', '/bucket/key?acl')).text).toContain(
    '<Permission>FULL_CONTROL</Permission>',
  )
  expect((await kit.send('GET', '/bucket/key?retention')).code).toBe(
    'NoSuchObjectLockConfiguration',
  )
  expect((await kit.send('GET', '/bucket/key?legal-hold')).code).toBe(
    'NoSuchObjectLockConfiguration',
  )
  expect((await kit.send('GET', '/bucket/none?tagging')).code).toBe('NoSuchKey')
})

test.each([
  'PUT /bucket?cors',
  'PUT /bucket?policy',
  'PUT /bucket/key?tagging',
  'GET /bucket?inventory',
  'POST /bucket/key?select',
  'GET /bucket?unheard-of',
  'POST /bucket/key?restore',
  'GET /bucket/key?torrent',
])('%s is a clean 501', async (line) => {
  await using kit = await startKit()
  const [method = '', target = ''] = line.split(' ')
  const answer = await kit.send(method, target, { body: method === 'GET' ? '' : '<X/>' })
  expect([answer.status, answer.code]).toEqual([501, 'NotImplemented'])
})
