import { getEventListeners } from 'node:events'
import { decodeAwsChunked, encodeAwsChunked } from '@millrace/aws-chunked'
import {
  decodeAwsChunked as decodeStreamx,
  encodeAwsChunked as encodeStreamx,
} from '@millrace/aws-chunked/streamx'
import { type ByteSource, collect } from '@millrace/byte-streams'
import { pipe } from 'it-pipe'
import { pipelinePromise, Readable, Writable } from 'streamx'
import { describe, expect, test } from 'vitest'

const mode = 'unsigned-trailer'
const data = '123456789'
const wire = '9\r\n123456789\r\n0\r\n\r\n'
const options = { mode, decodedLength: data.length } as const

describe.each([
  ['decodeAwsChunked()', decodeAwsChunked, wire],
  ['encodeAwsChunked()', encodeAwsChunked, data],
] as const)('%s', (_name, create, input) => {
  const watched = (then: () => void = () => {}) => {
    const state = { closed: false }
    const source = async function* () {
      try {
        yield Buffer.from(input.slice(0, 5))
        then()
        yield Buffer.from(input.slice(5))
      } finally {
        state.closed = true
      }
    }
    return { state, source: source() }
  }

  test('closes its source on early return', async () => {
    const { state, source } = watched()
    const stream = create(options)(source)
    await stream.next()
    await stream.return()
    expect(state.closed).toBe(true)
  })

  test('does nothing before the first pull', () => {
    let touched = false
    create(options)({
      [Symbol.asyncIterator]: () => {
        touched = true
        return { next: () => Promise.resolve({ done: true, value: undefined }) }
      },
    })
    expect(touched).toBe(false)
  })

  test('passes on the error of its source', async () => {
    const failure = new Error('socket gone')
    const { source } = watched(() => {
      throw failure
    })
    await expect(collect(create(options)(source))).rejects.toBe(failure)
  })

  test('closes its source on an error of its own', async () => {
    const { state, source } = watched()
    await expect(collect(create({ ...options, decodedLength: 2 })(source))).rejects.toMatchObject({
      code: 'IncompleteBody',
    })
    expect(state.closed).toBe(true)
  })

  test('rejects with the reason of a signal, aborted before or in flight, and leaves no listener', async () => {
    const reason = new Error('enough')
    const before = create({ ...options, signal: AbortSignal.abort(reason) })
    await expect(collect(before([Buffer.from(input)]))).rejects.toBe(reason)

    const controller = new AbortController()
    const { signal } = controller
    const parked: ByteSource = {
      [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }),
    }
    const pending = collect(create({ ...options, signal })(parked))
    setImmediate(() => controller.abort(reason))
    await expect(pending).rejects.toBe(reason)
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)

    const unused = new AbortController()
    await collect(create({ ...options, signal: unused.signal })([Buffer.from(input)]))
    expect(getEventListeners(unused.signal, 'abort')).toHaveLength(0)
  })
})

test('both fit it-pipe', async () => {
  const bytes = await pipe(
    [Buffer.from('1234'), Buffer.from('56789')],
    encodeAwsChunked({ ...options, checksum: 'sha256' }),
    decodeAwsChunked({ ...options, trailer: 'x-amz-checksum-sha256' }),
    (source) => collect(source),
  )
  expect(Buffer.from(bytes).toString()).toBe(data)
})

describe('./streamx', () => {
  const sink = (chunks: Uint8Array[]) =>
    new Writable({
      write(chunk, done) {
        chunks.push(chunk as Uint8Array)
        done(null)
      },
    })

  test('both fit pipelines', async () => {
    const chunks: Uint8Array[] = []
    await pipelinePromise(
      Readable.from([Buffer.from(data)]),
      encodeStreamx({ ...options, checksum: 'crc32' }),
      decodeStreamx({ ...options, trailer: 'x-amz-checksum-crc32' }),
      sink(chunks),
    )
    expect(Buffer.concat(chunks).toString()).toBe(data)
  })

  test('the error is the decoder’s own', async () => {
    await expect(
      pipelinePromise(Readable.from([Buffer.from('9\r\n1234')]), decodeStreamx(options), sink([])),
    ).rejects.toMatchObject({ code: 'IncompleteBody' })
  })
})
