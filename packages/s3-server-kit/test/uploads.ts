import { element, type KitServer, startKit } from './kit-server.ts'

export const FIVE_MIB = 5 * 1024 * 1024

export async function withBucket(): Promise<KitServer> {
  const kit = await startKit()
  await kit.send('PUT', '/bucket')
  return kit
}

export async function begin(
  kit: KitServer,
  key = 'key',
  headers: Record<string, string> = {},
): Promise<string> {
  const answer = await kit.send('POST', `/bucket/${key}?uploads`, { headers })
  return element(answer.text, 'UploadId') ?? ''
}

export async function part(
  kit: KitServer,
  uploadId: string,
  partNumber: number,
  body: string | Uint8Array,
): Promise<string> {
  const answer = await kit.send(
    'PUT',
    `/bucket/key?partNumber=${partNumber}&uploadId=${uploadId}`,
    { body },
  )
  return answer.headers.etag ?? ''
}

export const completeXml = (parts: readonly (readonly [number, string])[]): string =>
  `<CompleteMultipartUpload>${parts.map(([number, etag]) => `<Part><PartNumber>${number}</PartNumber><ETag>${etag.replaceAll('"', '&quot;')}</ETag></Part>`).join('')}</CompleteMultipartUpload>`
