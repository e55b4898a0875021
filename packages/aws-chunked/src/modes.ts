import { argumentError } from './errors.ts'

/**
 * The three kinds of aws-chunked body, as `payloadMode` of `@millrace/sigv4` names them:
 * `STREAMING-AWS4-HMAC-SHA256-PAYLOAD`, the same with `-TRAILER`, and `STREAMING-UNSIGNED-PAYLOAD-TRAILER`.
 */
export type AwsChunkedMode = 'signed' | 'signed-trailer' | 'unsigned-trailer'

/** @internal */
export const isSigned = (mode: AwsChunkedMode): boolean => mode !== 'unsigned-trailer'

/** @internal */
export function checkMode(mode: AwsChunkedMode, chain: unknown, chainName: string): void {
  if (mode !== 'signed' && mode !== 'signed-trailer' && mode !== 'unsigned-trailer') {
    throw argumentError(
      TypeError,
      `Mode must be signed, signed-trailer or unsigned-trailer: ${String(mode)}`,
    )
  }
  if (isSigned(mode) !== (chain !== undefined)) {
    throw argumentError(
      TypeError,
      `Cannot use mode ${mode} ${isSigned(mode) ? 'without' : 'with'} a ${chainName}`,
    )
  }
}
