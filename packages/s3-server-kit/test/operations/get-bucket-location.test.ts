import { expect, test } from 'vitest'
import { startKit } from '../kit-server.ts'

test('GetBucketLocation is empty for us-east-1', async () => {
  await using kit = await startKit()
  await kit.send('PUT', '/bucket')
  const answer = await kit.send('GET', '/bucket?location')
  expect(answer.text).toBe(
    '<?xml version="1.0" encoding="UTF-8"?>\n<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/"></LocationConstraint>',
  )
})
