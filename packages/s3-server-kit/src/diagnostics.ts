import { channel } from 'node:diagnostics_channel'
import type { S3Request } from '@millrace/s3-protocol'

/** Name of the channel that hears of every answered request: `{ requestId, operation, bucket, key, status }`. */
export const REQUEST_CHANNEL = 'millrace:s3-server-kit:request'

/** Name of the channel that hears of every InternalError and every body broken off: `{ requestId, operation, error }`. */
export const FAILURE_CHANNEL = 'millrace:s3-server-kit:failure'

const requests = channel(REQUEST_CHANNEL)
const failures = channel(FAILURE_CHANNEL)

export function reportRequest(
  requestId: string,
  request: S3Request | undefined,
  status: number,
): void {
  if (!requests.hasSubscribers) return
  const { operation, bucket, key } = request ?? {}
  requests.publish({ requestId, operation, bucket, key, status })
}

export function reportFailure(requestId: string, operation: string, error: unknown): void {
  if (failures.hasSubscribers) failures.publish({ requestId, operation, error })
}
