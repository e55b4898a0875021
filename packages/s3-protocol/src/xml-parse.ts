import { SaxesParser } from 'saxes'
import { S3Error } from './errors.ts'
import { S3_LIMITS } from './limits.ts'
import { S3_XML, XML_ROOTS, type XmlShapeName } from './xml-schema.ts'
import { S3_NAMESPACE, type XmlField, type XmlValue } from './xml-values.ts'

interface Frame {
  readonly name: string
  /** The shape's elements; undefined within a scalar. */
  readonly fields: Readonly<Record<string, XmlField>> | undefined
  readonly value: Record<string, unknown>
  readonly field: XmlField | undefined
  text: string
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })

/** Bounds of {@link parseXml}. */
export interface ParseXmlOptions {
  /** Most bytes. @default S3_LIMITS.xmlBytes */
  readonly maxBytes?: number
  /** Deepest nesting. @default S3_LIMITS.xmlDepth */
  readonly maxDepth?: number
  /** Most elements. @default S3_LIMITS.xmlNodes */
  readonly maxNodes?: number
}

/**
 * Parses a document against the table. Strict: an element that the shape does not have, one too many, one too few, a DOCTYPE,
 * a processing instruction or another namespace is refused. Only the five predefined entities exist.
 *
 * @param shape - its name in the table
 * @param body - the document in UTF-8
 * @param options - bounds
 * @returns the typed document
 * @throws {S3Error} `MalformedXML`, `MaxMessageLengthExceeded`, or `MissingRequestBodyError` where there is nothing
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { parseXml } from '@millrace/s3-protocol'
 *
 * const { Part } = parseXml('CompleteMultipartUpload', Buffer.from(
 *   '<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>"e"</ETag></Part></CompleteMultipartUpload>',
 * ))
 * assert.deepEqual(Part, [{ PartNumber: 1, ETag: 'e' }])
 * ```
 */
export function parseXml<N extends XmlShapeName>(
  shape: N,
  body: Uint8Array,
  options: ParseXmlOptions = {},
): XmlValue<N> {
  const { maxBytes = S3_LIMITS.xmlBytes } = options
  if (body.byteLength > maxBytes) {
    throw new S3Error('MaxMessageLengthExceeded', {
      details: { MaxMessageLengthBytes: String(maxBytes) },
    })
  }
  if (body.byteLength === 0) throw new S3Error('MissingRequestBodyError')
  let text: string
  try {
    text = UTF8.decode(body)
  } catch (cause) {
    throw new S3Error('MalformedXML', { cause })
  }
  return parseText(shape, text, options)
}

function parseText<N extends XmlShapeName>(
  shape: N,
  text: string,
  options: ParseXmlOptions,
): XmlValue<N> {
  const { maxDepth = S3_LIMITS.xmlDepth, maxNodes = S3_LIMITS.xmlNodes } = options
  const parser = new SaxesParser({ xmlns: false })
  const stack: Frame[] = []
  let nodes = 0
  let result: Record<string, unknown> | undefined

  parser.on('error', (cause) => {
    throw malformed(cause.message, cause)
  })
  parser.on('doctype', () => {
    throw malformed('DOCTYPE is not allowed')
  })
  parser.on('processinginstruction', () => {
    throw malformed('Processing instructions are not allowed')
  })
  parser.on('xmldecl', ({ encoding }) => {
    if (encoding !== undefined && encoding.toLowerCase() !== 'utf-8') {
      throw malformed('The encoding must be UTF-8')
    }
  })
  parser.on('opentag', ({ name, attributes }) => {
    if (++nodes > maxNodes) throw malformed('Too many elements')
    if (stack.length >= maxDepth) throw malformed('Elements are nested too deeply')
    const namespace = attributes['xmlns']
    if (namespace !== undefined && namespace !== S3_NAMESPACE) {
      throw malformed('The namespace is not that of S3')
    }
    stack.push(openFrame(stack.at(-1), name, shape))
  })
  const onText = (piece: string): void => {
    const frame = stack.at(-1)
    if (frame !== undefined) frame.text += piece
  }
  parser.on('text', onText)
  parser.on('cdata', onText)
  parser.on('closetag', () => {
    const frame = stack.pop() as Frame
    const value = closeFrame(frame)
    const parent = stack.at(-1)
    if (parent === undefined) result = value as Record<string, unknown>
    else add(parent, frame, value)
  })
  parser.write(text).close()
  if (result === undefined) throw malformed('There is no element')
  return result as XmlValue<N>
}

function shapeOf(name: string): Readonly<Record<string, XmlField>> | undefined {
  return Object.hasOwn(S3_XML, name) ? S3_XML[name as XmlShapeName] : undefined
}

function openFrame(parent: Frame | undefined, name: string, shape: XmlShapeName): Frame {
  if (parent === undefined) {
    if (name !== (XML_ROOTS[shape] ?? shape)) throw malformed('The root element is another')
    return { name, fields: shapeOf(shape), value: {}, field: undefined, text: '' }
  }
  if (parent.field?.type === 'Anything') {
    return { name, fields: {}, value: {}, field: parent.field, text: '' }
  }
  const fields = parent.fields ?? {}
  const field = Object.hasOwn(fields, name) ? fields[name] : undefined
  if (field === undefined || field.text === true)
    throw malformed(`Unexpected element: ${name.slice(0, 64)}`)
  return { name, fields: shapeOf(field.type), value: {}, field, text: '' }
}

function closeFrame(frame: Frame): unknown {
  const { fields, field, value, text } = frame
  if (field?.type === 'Anything') return value
  if (fields === undefined) return scalarOf(frame)
  for (const [name, child] of Object.entries(fields)) {
    if (child.text === true) value[name] = text
    else if (child.required === true && !Object.hasOwn(value, name)) {
      throw malformed(`Element is missing: ${name}`)
    }
  }
  if (text.trim() !== '' && !Object.values(fields).some((child) => child.text === true)) {
    throw malformed(`Unexpected text in ${frame.name}`)
  }
  return value
}

function add(parent: Frame, frame: Frame, value: unknown): void {
  const { name, field } = frame
  if (parent.field?.type === 'Anything') return
  if (field?.list !== true) {
    if (Object.hasOwn(parent.value, name)) throw malformed(`Element occurs twice: ${name}`)
    parent.value[name] = value
    return
  }
  const list = parent.value[name]
  if (Array.isArray(list)) {
    if (field.max !== undefined && list.length >= field.max) throw malformed(`Too many: ${name}`)
    list.push(value)
  } else parent.value[name] = [value]
}

function scalarOf({ name, field, text }: Frame): unknown {
  switch (field?.type) {
    case 'integer': {
      const digits = text.trim()
      if (!/^\d{1,15}$/.test(digits)) throw malformed(`Not a whole number: ${name}`)
      return Number(digits)
    }
    case 'boolean': {
      const word = text.trim().toLowerCase()
      if (word !== 'true' && word !== 'false') throw malformed(`Neither true nor false: ${name}`)
      return word === 'true'
    }
    case 'timestamp': {
      const date = new Date(text.trim())
      if (Number.isNaN(date.getTime())) throw malformed(`Not a date: ${name}`)
      return date
    }
    case 'etag':
      return text.trim().replace(/^"(.*)"$/s, '$1')
    default:
      return text
  }
}

function malformed(reason: string, cause?: unknown): S3Error {
  return new S3Error('MalformedXML', {
    details: { Reason: reason.slice(0, 200) },
    ...(cause === undefined ? {} : { cause }),
  })
}
