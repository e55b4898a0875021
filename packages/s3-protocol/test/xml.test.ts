import * as fc from 'fast-check'
import {
  parseXml,
  S3_XML,
  S3Error,
  type XmlShapeName,
  type XmlSource,
  writeXml,
} from '@millrace/s3-protocol'
import { expect, test } from 'vitest'

type AnyField = {
  readonly type: string
  readonly list?: true
  readonly required?: true
  readonly text?: true
}

async function written<N extends XmlShapeName>(
  shape: N,
  source: XmlSource<N>,
  encodingType?: 'url',
): Promise<string> {
  let xml = ''
  for await (const piece of writeXml(shape, source, { encodingType })) xml += piece
  return xml
}

const scalars: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  // What XML 1.0 can say: everything else is what encoding-type=url is for.
  string: fc
    .string({ unit: 'grapheme', maxLength: 12 })
    .filter((text) => !/[\p{Cc}\p{Surrogate}\ufffe\uffff]/u.test(text)),
  etag: fc.string({ unit: fc.constantFrom('a', 'f', '0', '-'), maxLength: 12 }),
  integer: fc.nat(),
  boolean: fc.boolean(),
  timestamp: fc.date({ min: new Date(0), max: new Date(Date.UTC(9999, 0)), noInvalidDate: true }),
}

function documentOf(shape: string): fc.Arbitrary<Record<string, unknown>> {
  const model: Record<string, fc.Arbitrary<unknown>> = {}
  const requiredKeys: string[] = []
  for (const [name, field] of Object.entries(S3_XML[shape as XmlShapeName]) as [
    string,
    AnyField,
  ][]) {
    if (field.type === 'Anything') continue
    const one = scalars[field.type] ?? documentOf(field.type)
    model[name] = field.list === true ? fc.array(one, { minLength: 1, maxLength: 3 }) : one
    if (field.required === true || field.text === true) requiredKeys.push(name)
  }
  return fc.record(model, { requiredKeys })
}

const shapes = Object.keys(S3_XML) as XmlShapeName[]

test.each(shapes)('%s is parsed as it was written, in the order of the table', async (shape) => {
  await fc.assert(
    fc.asyncProperty(documentOf(shape), async (document) => {
      const xml = await written(shape, document)
      // Grantee alone has attributes of its own; the parser passes over them.
      expect(parseXml(shape, Buffer.from(xml))).toEqual(document)
      const names = Object.keys(S3_XML[shape])
      const order = names.map((name) => xml.indexOf(`<${name}>`)).filter((at) => at >= 0)
      if (!names.some((name) => xml.split(`<${name}>`).length > 2)) {
        expect(order).toEqual(Array.from(order).sort((a, b) => a - b))
      }
    }),
    { numRuns: 12 },
  )
})

test('writeXml() writes entries while the list yields, and asks functions when it is their turn', async () => {
  let asked = 0
  const log: string[] = []
  const contents = async function* () {
    for (let i = 0; i < 500; i++) {
      asked++
      yield {
        Key: `key-${i}`.padEnd(100, 'x'),
        LastModified: new Date(0),
        ETag: 'e',
        Size: i,
        StorageClass: 'STANDARD',
      }
    }
  }
  const pieces = writeXml('ListBucketResultV2', {
    Name: 'bucket',
    Prefix: '',
    MaxKeys: 1000,
    Contents: contents(),
    KeyCount: () => {
      log.push(`count asked after ${asked}`)
      return asked
    },
    IsTruncated: false,
  })
  const first = await pieces.next()
  expect(String(first.value)).toContain('<Key>key-0x')
  expect(asked).toBeLessThan(500)
  let rest = ''
  for await (const piece of pieces) rest += piece
  expect(rest).toContain('<KeyCount>500</KeyCount>')
  expect(log).toEqual(['count asked after 500'])
})

test('writeXml() closes its list when it is left early', async () => {
  let closed = false
  const contents = async function* () {
    try {
      for (;;)
        yield {
          Key: 'k'.repeat(1000),
          LastModified: new Date(0),
          ETag: 'e',
          Size: 0,
          StorageClass: 'S',
        }
    } finally {
      closed = true
    }
  }
  for await (const _piece of writeXml('ListBucketResult', {
    Name: 'b',
    Prefix: '',
    Marker: '',
    MaxKeys: 1,
    Contents: contents(),
    IsTruncated: false,
  }))
    break
  expect(closed).toBe(true)
})

test('writeXml() percent-encodes keys and prefixes, and only those, for encoding-type=url', async () => {
  const xml = await written(
    'ListBucketResultV2',
    {
      Name: 'bucket',
      Prefix: 'a b/',
      MaxKeys: 1,
      EncodingType: 'url',
      CommonPrefixes: [{ Prefix: 'ü+/' }],
      KeyCount: 1,
      IsTruncated: false,
    },
    'url',
  )
  expect(xml).toContain('<Prefix>a%20b/</Prefix>')
  expect(xml).toContain('<Prefix>%C3%BC%2B/</Prefix>')
  expect(xml).toContain('<Name>bucket</Name>')
})

const code = (shape: XmlShapeName, xml: string | Uint8Array, options = {}): string => {
  try {
    parseXml(shape, Buffer.from(xml as string), options)
  } catch (error) {
    expect(error).toBeInstanceOf(S3Error)
    return (error as S3Error).code
  }
  return 'nothing'
}

const KEY = '<Object><Key>a</Key></Object>'
const laughs = `<!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><Delete><Object><Key>&b;</Key></Object></Delete>`

test.each([
  ['nothing', '', 'MissingRequestBodyError'],
  ['white space', '  ', 'MalformedXML'],
  ['text', 'hello', 'MalformedXML'],
  ['half a document', '<Delete><Object>', 'MalformedXML'],
  ['two roots', `<Delete>${KEY}</Delete><Delete/>`, 'MalformedXML'],
  ['another root', '<Delete2/>', 'MalformedXML'],
  [
    'a prefixed root',
    `<s3:Delete xmlns:s3="http://s3.amazonaws.com/doc/2006-03-01/">${KEY}</s3:Delete>`,
    'MalformedXML',
  ],
  [
    'an external entity',
    '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><Delete><Object><Key>&x;</Key></Object></Delete>',
    'MalformedXML',
  ],
  ['a billion laughs', laughs, 'MalformedXML'],
  ['a numeric entity of NUL', '<Delete><Object><Key>&#0;</Key></Object></Delete>', 'MalformedXML'],
  ['an element nobody knows', `<Delete>${KEY}<Extra/></Delete>`, 'MalformedXML'],
  [
    'an element named as a property of objects',
    `<Delete>${KEY}<constructor/></Delete>`,
    'MalformedXML',
  ],
  ['text between elements', `<Delete>${KEY}text</Delete>`, 'MalformedXML'],
  [
    'an element within a scalar',
    '<Delete><Object><Key><b>a</b></Key></Object></Delete>',
    'MalformedXML',
  ],
  [
    'another encoding',
    `<?xml version="1.0" encoding="ISO-8859-1"?><Delete>${KEY}</Delete>`,
    'MalformedXML',
  ],
  ['neither true nor false', `<Delete>${KEY}<Quiet>yes</Quiet></Delete>`, 'MalformedXML'],
])('parseXml() refuses %s', (_name, xml, expected) => {
  expect(code('Delete', xml)).toBe(expected)
})

test('parseXml() has bounds', () => {
  expect(code('Delete', `<Delete>${KEY}</Delete>`, { maxBytes: 10 })).toBe(
    'MaxMessageLengthExceeded',
  )
  expect(code('Delete', `<Delete>${KEY}</Delete>`, { maxNodes: 2 })).toBe('MalformedXML')
  expect(code('Delete', `<Delete>${KEY}</Delete>`, { maxDepth: 2 })).toBe('MalformedXML')
  expect(code('Delete', `<Delete>${KEY.repeat(1000)}</Delete>`)).toBe('nothing')
  expect(code('Delete', `<Delete>${KEY.repeat(1001)}</Delete>`)).toBe('MalformedXML')
  expect(code('Delete', Uint8Array.of(0xff, 0xfe, 0x3c, 0))).toBe('MalformedXML')
})

test('parseXml() takes a BOM, CDATA, comments, references and white space', () => {
  const xml =
    '\ufeff<?xml version="1.0"?>\n<Delete>\n <!-- note --><Object><Key><![CDATA[a<b]]>&amp;&#x63;</Key></Object>\n</Delete>\n'
  expect(parseXml('Delete', Buffer.from(xml))).toEqual({ Object: [{ Key: 'a<b&c' }] })
})

test('parseXml() passes over a location that nobody reads', () => {
  const xml =
    '<CreateBucketConfiguration><Tags><Tag><Key>a</Key></Tag></Tags></CreateBucketConfiguration>'
  expect(parseXml('CreateBucketConfiguration', Buffer.from(xml))).toEqual({ Tags: {} })
})
