import { ObjectStoreError, type ObjectStoreErrorCode } from '@millrace/object-store'
import { type HttpAnswer, unquoteEtag } from '@millrace/object-store/http'

const BY_STATUS: Readonly<Record<number, ObjectStoreErrorCode>> = {
  304: 'NOT_MODIFIED',
  400: 'INVALID_ARGUMENT',
  401: 'ACCESS_DENIED',
  403: 'ACCESS_DENIED',
  404: 'NOT_FOUND',
  405: 'NOT_SUPPORTED',
  407: 'ACCESS_DENIED',
  408: 'UNAVAILABLE',
  410: 'NOT_FOUND',
  412: 'PRECONDITION_FAILED',
  416: 'RANGE_NOT_SATISFIABLE',
  425: 'UNAVAILABLE',
  429: 'UNAVAILABLE',
  501: 'NOT_SUPPORTED',
}

/** The error that a status means. The body, somebody's web page, is closed unread. */
export async function errorOf(answer: HttpAnswer, key: string): Promise<ObjectStoreError> {
  const { status, headers, body } = answer
  await body[Symbol.asyncDispose]()
  const code = BY_STATUS[status] ?? (status >= 500 ? 'UNAVAILABLE' : 'IO')
  const size = /\/(\d+)$/.exec(headers['content-range'] ?? '')?.[1]
  const etag = headers['etag']
  return new ObjectStoreError(code, `Server answered ${status}: ${key}`, {
    details: {
      status,
      ...(size === undefined ? {} : { size: Number(size) }),
      ...(etag === undefined ? {} : { etag: unquoteEtag(etag) }),
    },
  })
}
