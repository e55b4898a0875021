export {
  type BodyDigests,
  bodyDigestsOf,
  CHECKSUM_HEADERS,
  type ChecksumAlgorithm,
  type ChecksumEntry,
  type ChecksumType,
} from './checksum-headers.ts'
export { parseEntityTags, type ReadConditions, type WriteConditions } from './conditions.ts'
export { type CopySource, parseCopySource } from './copy-source.ts'
export { S3_ERRORS, type S3ErrorCode } from './error-table.ts'
export { S3Error } from './errors.ts'
export { formatHttpDate, parseHttpDate } from './http-date.ts'
export { S3_LIMITS } from './limits.ts'
export { checkBucketName, checkObjectKey, isBucketName } from './names.ts'
export { type ResponseOverrides, type StoredHeaders, userMetadataOf } from './object-headers.ts'
export type * from './operations.ts'
export type * from './outputs.ts'
export { parseS3Request, type RawRequest, type S3Request } from './request.ts'
export type { RequestHeaders } from './request-headers.ts'
export { formatS3Error, formatS3Response, type S3Response } from './response.ts'
export { type Route, S3_ROUTES, type Target } from './routes.ts'
export { decodeContinuationToken, encodeContinuationToken } from './tokens.ts'
export { parseXml, type ParseXmlOptions } from './xml-parse.ts'
export { S3_XML, type XmlShapeName } from './xml-schema.ts'
export { S3_NAMESPACE, type XmlField, type XmlSource, type XmlValue } from './xml-values.ts'
export { encodeListingText, writeErrorXml, writeXml, type WriteXmlOptions } from './xml-write.ts'
