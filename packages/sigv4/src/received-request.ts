import { gatherHeaders, type HeadersInput, type HeaderValues } from './canonical-request.ts'
import { splitReceivedTarget } from './request-target.ts'
import { parseQuery, type QueryPair } from './uri-encoding.ts'

/** A request as it came in, before anything decoded or normalised it. */
export interface ReceivedRequest {
  /** The method as received: `req.method`. */
  readonly method: string
  /** The request target exactly as received, path and query: `req.url`. */
  readonly target: string
  /** The headers as received; `req.rawHeaders` is best, for `req.headers` drops some duplicates. */
  readonly headers: HeadersInput
}

/** @internal The same, taken apart once for parser and verifier. */
export interface DissectedRequest {
  readonly method: string
  readonly path: string
  readonly query: readonly QueryPair[]
  readonly headers: HeaderValues
}

/** @internal */
export function dissect(request: ReceivedRequest): DissectedRequest {
  const { path, query } = splitReceivedTarget(request.target)
  return {
    method: request.method,
    path,
    query: parseQuery(query, 'latin1'),
    headers: gatherHeaders(request.headers),
  }
}
