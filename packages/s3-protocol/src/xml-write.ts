import { S3_XML, XML_ROOTS, type XmlShapeName } from './xml-schema.ts'
import { S3_NAMESPACE, type XmlField, type XmlSource } from './xml-values.ts'

const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
const SPECIAL = /[&<>"\p{Cc}\ufffe\uffff]/u
const EACH_SPECIAL = /[&<>"\p{Cc}\ufffe\uffff]/gu
const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
}

/** Text of an element. Characters that XML 1.0 has no room for become references, as S3 writes them. */
export function escapeXml(text: string): string {
  if (!SPECIAL.test(text)) return text
  return text.replace(
    EACH_SPECIAL,
    (char) => ENTITIES[char] ?? `&#x${char.charCodeAt(0).toString(16)};`,
  )
}

/**
 * Percent-encodes as `encoding-type=url` asks: everything but `A-Z a-z 0-9 - . _ ~ * /`.
 *
 * A space becomes `%20`, which every client decodes, whether it takes `+` for a space or for itself.
 *
 * @param text - a key, prefix or marker
 * @returns ASCII
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { encodeListingText } from '@millrace/s3-protocol'
 *
 * assert.equal(encodeListingText('a b/c(3).png'), 'a%20b/c%283%29.png')
 * ```
 */
export function encodeListingText(text: string): string {
  return encodeURIComponent(text)
    .replaceAll('%2F', '/')
    .replace(/[!'()]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
}

type Source = Readonly<Record<string, unknown>>
type Fields = readonly (readonly [name: string, field: XmlField])[]

const FIELDS: ReadonlyMap<string, Fields> = new Map(
  Object.entries(S3_XML).map(([name, shape]) => [name, Object.entries(shape) as Fields]),
)

function fieldsOf(shape: string): Fields {
  return FIELDS.get(shape) ?? []
}

function scalar(type: string, value: unknown): string {
  if (type === 'timestamp') return (value as Date).toISOString()
  if (type === 'etag') return `&quot;${escapeXml(value as string)}&quot;`
  return typeof value === 'string' ? escapeXml(value) : String(value)
}

function element(name: string, field: XmlField, value: unknown, url: boolean): string {
  if (FIELDS.has(field.type)) {
    return `<${name}${field.attributes ?? ''}>${content(field.type, value as Source, url)}</${name}>`
  }
  const text =
    url && field.url === true ? encodeListingText(value as string) : scalar(field.type, value)
  return field.text === true ? text : `<${name}>${text}</${name}>`
}

/** The elements of a shape whose lists are all at hand. */
function content(shape: string, source: Source, url: boolean): string {
  let xml = ''
  for (const [name, field] of fieldsOf(shape)) {
    const given = source[name]
    const value: unknown = typeof given === 'function' ? (given as () => unknown)() : given
    if (value === undefined) continue
    if (field.list === true) {
      for (const item of value as Iterable<unknown>) xml += element(name, field, item, url)
    } else xml += element(name, field, value, url)
  }
  return xml
}

/** How {@link writeXml} writes. */
export interface WriteXmlOptions {
  /** Percent-encodes keys and prefixes. @default no */
  readonly encodingType?: 'url' | undefined
}

/** Characters gathered before they are yielded. */
export const XML_CHUNK = 16_384

/**
 * Writes a document in S3's element order, piece after piece: a list's entries go out while the list is still yielding.
 *
 * @param shape - its name in the table
 * @param source - the document; lists may be async
 * @param options - see {@link WriteXmlOptions}
 * @returns pieces of about {@link XML_CHUNK} characters
 * @throws what a list throws, when its turn comes
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { writeXml } from '@millrace/s3-protocol'
 *
 * let xml = ''
 * for await (const piece of writeXml('Tagging', { TagSet: { Tag: [{ Key: 'a', Value: '<' }] } })) xml += piece
 * assert.ok(xml.endsWith('<TagSet><Tag><Key>a</Key><Value>&lt;</Value></Tag></TagSet></Tagging>'))
 * ```
 */
export async function* writeXml<N extends XmlShapeName>(
  shape: N,
  source: XmlSource<N>,
  options: WriteXmlOptions = {},
): AsyncGenerator<string, void, undefined> {
  const root = XML_ROOTS[shape] ?? shape
  const url = options.encodingType === 'url'
  let pending = `${DECLARATION}<${root} xmlns="${S3_NAMESPACE}">`
  for (const [name, field] of fieldsOf(shape)) {
    const given = (source as Source)[name]
    const value: unknown = typeof given === 'function' ? (given as () => unknown)() : given
    if (value === undefined) continue
    if (field.list !== true) {
      pending += element(name, field, value, url)
      continue
    }
    for await (const item of value as AsyncIterable<unknown>) {
      pending += element(name, field, item, url)
      if (pending.length >= XML_CHUNK) {
        yield pending
        pending = ''
      }
    }
  }
  yield `${pending}</${root}>`
}

/**
 * The XML of an error, which has no namespace.
 *
 * @param error - code and message, and further elements
 * @param request - the id that also stands in `x-amz-request-id`, and the path asked for
 * @returns the document
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { S3Error, writeErrorXml } from '@millrace/s3-protocol'
 *
 * const xml = writeErrorXml(new S3Error('NoSuchKey'), { requestId: '7', resource: '/b/<k>' })
 * assert.match(xml, /<Code>NoSuchKey<\/Code>.*<Resource>\/b\/&lt;k&gt;<\/Resource>/)
 * ```
 */
export function writeErrorXml(
  error: {
    readonly code: string
    readonly message: string
    readonly details?: Readonly<Record<string, string>>
  },
  request: { readonly requestId: string; readonly resource: string },
): string {
  let xml = `${DECLARATION}<Error><Code>${error.code}</Code><Message>${escapeXml(error.message)}</Message>`
  for (const [name, value] of Object.entries(error.details ?? {})) {
    if (/^[A-Za-z][A-Za-z0-9-]*$/.test(name)) xml += `<${name}>${escapeXml(value)}</${name}>`
  }
  return `${xml}<Resource>${escapeXml(request.resource)}</Resource><RequestId>${request.requestId}</RequestId><HostId>${request.requestId}</HostId></Error>`
}
