import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { decodePieces } from './wire.ts'

// Made by fixtures/make-botocore-bodies.py.
const { bodies } = JSON.parse(
  readFileSync(new URL('./fixtures/botocore-bodies.json', import.meta.url), 'utf8'),
) as { bodies: readonly { trailer: string; data: string; wire: string }[] }

describe('decodeAwsChunked() decodes what botocore sends', () => {
  test.each(
    bodies.map(({ trailer, data, wire }) => ({
      trailer,
      data: Buffer.from(data, 'base64'),
      wire: Buffer.from(wire, 'base64'),
    })),
  )('$data.length bytes with $trailer', async ({ trailer, data, wire }) => {
    const options = { mode: 'unsigned-trailer', decodedLength: data.length, trailer } as const
    expect((await decodePieces([wire], options)).equals(data)).toBe(true)
    const single = Array.from(wire, (byte) => Uint8Array.of(byte))
    expect((await decodePieces(single, options)).equals(data)).toBe(true)
  })
})
