export { formatAmzDate, parseAmzDate } from './amz-date.ts'
export type { HeadersInput } from './canonical-request.ts'
export {
  type ChunkChainOptions,
  type ChunkSigner,
  type ChunkVerifier,
  createChunkSigner,
  createChunkVerifier,
} from './chunk-chain.ts'
export type { Credentials, CredentialScope } from './credentials.ts'
export { SigV4Error, type SigV4ErrorCode } from './errors.ts'
export {
  type AnonymousAuthorization,
  MAX_SIGNED_HEADERS,
  type ParsedAuthorization,
  parseAuthorization,
  type SignedAuthorization,
} from './parse-authorization.ts'
export {
  EMPTY_PAYLOAD_SHA256,
  type PayloadMode,
  payloadModeOf,
  STREAMING_SIGNED,
  STREAMING_SIGNED_TRAILER,
  STREAMING_UNSIGNED_TRAILER,
  UNSIGNED_PAYLOAD,
} from './payload-mode.ts'
export {
  signPostPolicy,
  type SignPostPolicyOptions,
  type VerifiedPostPolicy,
  verifyPostPolicySignature,
} from './post-policy.ts'
export {
  DEFAULT_PRESIGN_EXPIRES,
  MAX_PRESIGN_EXPIRES,
  presignUrl,
  type PresignUrlOptions,
} from './presign-url.ts'
export type { ReceivedRequest } from './received-request.ts'
export {
  NEVER_SIGNED,
  type SignedRequest,
  signRequest,
  type SignRequestOptions,
} from './sign-request.ts'
export { deriveSigningKey, SIGNING_KEY_CACHE_SIZE } from './signing-key.ts'
export { encodeUri } from './uri-encoding.ts'
export {
  type CredentialLookup,
  DEFAULT_MAX_SKEW_MS,
  type VerifiedIdentity,
  type VerifyOptions,
  verifyRequest,
} from './verify-request.ts'
