import type { VolumeStatus } from '@millrace/erasure-store'
import type { FoundCredentials } from './credentials.ts'

export interface Announcement {
  readonly url: string
  readonly region: string
  readonly scheme: string
  readonly durability: string
  readonly formatted: boolean
  readonly volumes: readonly VolumeStatus[]
  readonly found: FoundCredentials
}

function isLocal(url: string): boolean {
  const { hostname } = new URL(url)
  return hostname === '[::1]' || hostname.startsWith('127.')
}

/** What a person sees when the server is up: where, how safe, and a line to paste. */
export function announce(server: Announcement): string {
  const { found, volumes } = server
  const { accessKeyId, secretAccessKey } = found.credentials
  const online = volumes.filter((volume) => volume.online).length
  const shown = found.source !== 'environment'
  const origin = {
    environment: 'from the environment',
    kept: `kept in ${found.file ?? ''}`,
    generated: `generated now, kept in ${found.file ?? ''}`,
  }[found.source]
  return [
    '',
    `  Millrace is serving S3 at ${server.url}`,
    '',
    `  volumes      ${online} of ${volumes.length} online, erasure coding ${server.scheme}${server.formatted ? ' (new set)' : ''}, ${server.durability} durability`,
    ...volumes.map(
      (volume) =>
        `               ${volume.online ? 'ok  ' : 'LOST'}  ${volume.directory ?? `volume ${volume.index + 1} of the set: missing, empty or unreadable`}`,
    ),
    `  credentials  ${origin}`,
    `               access key  ${accessKeyId}`,
    ...(shown ? [`               secret key  ${secretAccessKey}`] : []),
    '',
    '  Try it in another terminal:',
    '',
    `  export AWS_ACCESS_KEY_ID=${accessKeyId} AWS_SECRET_ACCESS_KEY=${shown ? secretAccessKey : '...'} AWS_DEFAULT_REGION=${server.region}`,
    `  aws --endpoint-url ${server.url} s3 mb s3://first && aws --endpoint-url ${server.url} s3 cp README.md s3://first/`,
    '',
    ...(isLocal(server.url)
      ? []
      : [
          '  Other machines can reach this address, over HTTP without TLS: put a TLS proxy before it.',
          '',
        ]),
    '  Ctrl-C stops the server; nothing that was acknowledged is lost.',
    '',
  ].join('\n')
}
