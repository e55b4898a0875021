import { createHash, createHmac } from 'node:crypto'

/** Signs step by step, apart from the package, with exactly the headers given. */
export function signByHand(options: {
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
  readonly region: string
  readonly timestamp: string
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
}): { method: string; target: string; headers: Record<string, string> } {
  const { credentials, headers, method, path, region, timestamp } = options
  const names = Object.keys(headers).sort()
  const lines = names.map((name) => `${name}:${headers[name]}\n`).join('')
  const hash = headers['x-amz-content-sha256']
  const canonical = `${method}\n${path}\n\n${lines}\n${names.join(';')}\n${hash}`
  const date = timestamp.slice(0, 8)
  const scope = `${date}/${region}/s3/aws4_request`
  const digest = createHash('sha256').update(canonical).digest('hex')
  const hmac = (key: string | Uint8Array, data: string) =>
    createHmac('sha256', key).update(data).digest()
  const key = hmac(
    hmac(hmac(hmac(`AWS4${credentials.secretAccessKey}`, date), region), 's3'),
    'aws4_request',
  )
  const signature = hmac(key, `AWS4-HMAC-SHA256\n${timestamp}\n${scope}\n${digest}`).toString('hex')
  return {
    method,
    target: path,
    headers: {
      ...headers,
      authorization: `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scope},SignedHeaders=${names.join(';')},Signature=${signature}`,
    },
  }
}
