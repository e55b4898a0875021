import type { OperationName, S3Inputs, S3Outputs } from '@millrace/s3-protocol'
import type { Access } from './authorize.ts'
import type { Identity } from './identity.ts'
import type { RequestBody } from './request-body.ts'

/** What an operation gets beside its input. */
export interface OperationContext {
  /** Also in the answer's `x-amz-request-id`. */
  readonly requestId: string
  /** Undefined for a request without credentials that `authorize` let pass. */
  readonly identity: Identity | undefined
  /** Aborted when the client goes before the answer is complete. */
  readonly signal: AbortSignal
  readonly body: RequestBody
  /** The region that the server says it is. */
  readonly region: string
  /** The clock, in milliseconds. */
  readonly now: () => number
  /** The server's own address as the client called it, for Location: `http://host:port`. */
  readonly origin: string
  /** Asks `authorize` about a further access of the same caller: a copy's source, one key of many. */
  readonly allows: (access: Omit<Access, 'identity'>) => Promise<boolean>
}

/** One operation: from typed input to typed output. What it throws becomes the answer. */
export type Operation<K extends OperationName> = (
  input: S3Inputs[K],
  context: OperationContext,
) => Promise<S3Outputs[K]>

/** Operations by S3's names. Any can be replaced; one left out answers 501. */
export type Operations = { readonly [K in OperationName]?: Operation<K> | undefined }
