// Downloads a URL to a file in many ranges at once. They are written where they belong, in whatever order they come; the
// file appears when it is whole, or not at all.
//
//   node examples/pipes/dist/download-with-prefetch.js https://example.org/big.iso big.iso

import { realpathSync } from 'node:fs'
import { createHttpStore } from '@millrace/object-store-http'
import { type PrefetchedSpan, prefetch } from '@millrace/prefetch-pipe'
import { type Span, type WrittenFile, writeSpans } from '@millrace/pwrite-sink'
import { type ByteRange, planRanges } from '@millrace/range-planner'
import { pipe } from 'it-pipe'

const PART_SIZE = 1024 * 1024

export async function download(
  url: string,
  path: string,
  options: { readonly signal?: AbortSignal } = {},
): Promise<WrittenFile> {
  // The URL is the object itself, so that the key adds nothing to it: it only names the object in messages.
  await using site = createHttpStore(url, { encodeKey: () => '' })
  const { size, etag, lastModified } = await site.head(url, options)
  // All parts must be of one version. If-Match needs a strong ETag (RFC 9110 §13.1.1).
  const strong = etag !== '' && !etag.startsWith('W/')
  const conditions = strong ? { ifMatch: [etag] } : { ifUnmodifiedSince: lastModified }
  const parts = prefetch(planRanges({ start: 0, end: size }, { partSize: PART_SIZE }), {
    ...options,
    ordered: false,
    resume: strong, // a part that breaks off goes on where it stopped
    fetch: async ({ start, end }, { offset, signal }) => {
      const range = { start: start + offset, end }
      return (await site.get(url, { range, conditions, signal })).body
    },
  })
  return await pipe(parts, place, writeSpans(path, { ...options, size }))
}

async function* place(parts: AsyncIterable<PrefetchedSpan<ByteRange>>): AsyncGenerator<Span> {
  for await (const { item, offset, chunk } of parts) {
    yield { position: item.start + offset, bytes: chunk }
  }
}

if (realpathSync(process.argv[1] ?? '') === import.meta.filename) {
  const [url = '', path = ''] = process.argv.slice(2)
  if (path !== '') {
    const began = performance.now()
    const { size } = await download(url, path)
    const seconds = (performance.now() - began) / 1000
    const rate = (size / 1e6 / seconds).toFixed(1)
    console.log(`${path}: ${size} bytes in ${seconds.toFixed(2)} s, ${rate} MB/s`)
  } else {
    console.error('Give: URL FILE')
    process.exitCode = 2
  }
}
