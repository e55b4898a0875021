import { type BucketRegistry, compareKeys, type MultipartSummary } from '@millrace/object-store'
import type { ListMultipartUploadsInput, XmlValue } from '@millrace/s3-protocol'
import type { Operation } from '../context.ts'
import { ownerElement } from '../list-entries.ts'

/** ListMultipartUploads. */
export function listMultipartUploads(registry: BucketRegistry): Operation<'ListMultipartUploads'> {
  return async (input, { signal }) => {
    const store = await registry.openBucket(input.bucket)
    const { prefix, delimiter, keyMarker, uploadIdMarker, encodingType } = input
    const listing = store.listMultipart({
      signal,
      ...(prefix === '' ? {} : { prefix }),
      ...(keyMarker === '' ? {} : { startAfter: keyMarker }),
      ...(uploadIdMarker === undefined ? {} : { startAfterUpload: uploadIdMarker }),
    })
    const page = pageOfUploads(listing, input)
    return {
      encodingType,
      document: {
        Bucket: input.bucket,
        KeyMarker: keyMarker,
        UploadIdMarker: uploadIdMarker ?? '',
        Delimiter: delimiter === '' ? undefined : delimiter,
        Prefix: prefix,
        EncodingType: encodingType,
        MaxUploads: input.maxKeys,
        Upload: page.uploads,
        CommonPrefixes: () => page.prefixes,
        IsTruncated: () => page.next !== undefined,
        NextKeyMarker: () => page.next?.key,
        NextUploadIdMarker: () => page.next?.uploadId,
      },
    }
  }
}

interface UploadPage {
  readonly uploads: AsyncGenerator<XmlValue<'Upload'>, void, undefined>
  readonly prefixes: XmlValue<'CommonPrefix'>[]
  /** Where the next page goes on; set when `uploads` has ended and there is more. */
  readonly next: { readonly key: string; readonly uploadId: string } | undefined
}

function pageOfUploads(
  listing: AsyncIterable<MultipartSummary>,
  { prefix, delimiter, keyMarker, maxKeys }: ListMultipartUploadsInput,
): UploadPage {
  const prefixes: XmlValue<'CommonPrefix'>[] = []
  let last = { key: '', uploadId: '' }
  let next: UploadPage['next']
  const uploads = async function* (): AsyncGenerator<XmlValue<'Upload'>, void, undefined> {
    let count = 0
    if (maxKeys === 0) return
    for await (const upload of listing) {
      const { key, uploadId } = upload
      const cut = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length)
      const shared = cut < 0 ? undefined : key.slice(0, cut + delimiter.length)
      const given =
        shared !== undefined && (shared === last.key || compareKeys(shared, keyMarker) <= 0)
      if (given) continue
      if (count === maxKeys) {
        next = last
        return
      }
      count++
      last = { key: shared ?? key, uploadId: shared === undefined ? uploadId : '' }
      if (shared === undefined) yield uploadElement(upload)
      else prefixes.push({ Prefix: shared })
    }
  }
  return {
    uploads: uploads(),
    prefixes,
    get next() {
      return next
    },
  }
}

function uploadElement({ key, uploadId, initiated, owner }: MultipartSummary): XmlValue<'Upload'> {
  return {
    Key: key,
    UploadId: uploadId,
    Initiator: ownerElement(owner),
    Owner: ownerElement(owner),
    StorageClass: 'STANDARD',
    Initiated: initiated,
  }
}
