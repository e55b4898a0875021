import { presignUrl, signRequest, verifyRequest } from '@millrace/sigv4'
import { type Bench, type BenchResult, interleave } from '../driver.ts'

const ROUNDS = 5
const CALLS = 5000

const credentials = { accessKeyId: 'AKIDMILLRACE', secretAccessKey: 'secret' }
const region = 'us-east-1'
const url = 'http://localhost:9000/bucket/some/key.bin'
const lookup = (): typeof credentials => credentials

/** Microseconds for one signature made or verified, of a small GET. */
export const bench: Bench = {
  name: 'sigv4',
  description: 'Sign, presign and verify a small GET: microseconds each',
  async run(context): Promise<BenchResult> {
    context.progress(`sigv4: ${ROUNDS} rounds of ${CALLS} calls`)
    const signed = signRequest({ url, credentials, region })
    const presigned = presignUrl({ url, credentials, region, expires: 86_400 })
    const byHeader = { method: 'GET', target: '/bucket/some/key.bin', headers: signed.headers }
    const target = presigned.slice('http://localhost:9000'.length)
    const byUrl = { method: 'GET', target, headers: { host: 'localhost:9000' } }
    const seconds = await interleave(
      {
        sign: () => {
          for (let i = 0; i < CALLS; i++) signRequest({ url, credentials, region })
        },
        presign: () => {
          for (let i = 0; i < CALLS; i++) presignUrl({ url, credentials, region })
        },
        'verify header': async () => {
          for (let i = 0; i < CALLS; i++) await verifyRequest(byHeader, { lookup, region })
        },
        'verify presigned': async () => {
          for (let i = 0; i < CALLS; i++) await verifyRequest(byUrl, { lookup, region })
        },
      },
      { rounds: ROUNDS },
    )
    const rows = Object.entries(seconds).map(([what, value]) => ({
      what,
      microseconds: (value / CALLS) * 1e6,
    }))
    const ratios = Object.fromEntries(rows.map((row) => [`${row.what} us`, row.microseconds]))
    return { rows, ratios }
  },
}
