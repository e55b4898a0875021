import { CliError, EXIT } from './exit-codes.ts'

/** What to tell a person, and the shell. */
export interface Description {
  readonly exitCode: number
  readonly message: string
  readonly code: string
}

interface Coded {
  readonly code?: string
  readonly message?: string
  readonly cause?: unknown
  readonly path?: string
  readonly details?: Readonly<Record<string, string | number | boolean>>
}

/** Says what went wrong and what may help, in words for someone who has other things to do. */
export function describeError(
  error: unknown,
  context: { readonly label: string; readonly anonymous: boolean; readonly dest: string },
): Description {
  if (error instanceof CliError) {
    return { exitCode: error.exitCode, message: error.message, code: error.code }
  }
  const { code = 'UNEXPECTED', message = String(error), details = {} } = (error ?? {}) as Coded
  const said = (exitCode: number, text: string): Description => ({ exitCode, message: text, code })
  const { label, anonymous, dest } = context
  switch (code) {
    case 'NOT_FOUND':
    case 'DELETE_MARKER':
      return said(EXIT.notFound, `There is no such object: ${label}`)
    case 'NO_SUCH_VERSION':
      return said(EXIT.notFound, `The object has no such version: ${label}`)
    case 'NO_SUCH_BUCKET':
      return said(EXIT.notFound, `There is no such bucket: ${label}`)
    case 'ACCESS_DENIED':
      return said(EXIT.denied, `${denial(details['s3Code'], anonymous)}: ${label}`)
    case 'UNAVAILABLE':
    case 'CONFLICT':
      return said(EXIT.unavailable, `The server cannot be reached or does not answer: ${message}`)
    case 'IO':
    case 'NOT_SUPPORTED':
    case 'RANGE_NOT_SATISFIABLE':
    case 'INVALID_ARGUMENT':
      return said(EXIT.unavailable, message)
    case 'CORRUPT':
      return said(EXIT.corrupt, `The server's answer is wrong: ${message}`)
    case 'ERR_RANGE_ENGINE_CHECKSUM':
      return said(
        EXIT.corrupt,
        `The bytes that came are not the object's; nothing was kept. ${message}`,
      )
    case 'ERR_RANGE_ENGINE_CHANGED':
      return said(EXIT.corrupt, `The object keeps changing while it is downloaded: ${label}`)
    case 'ERR_RANGE_ENGINE_BROKEN':
      return said(
        EXIT.unavailable,
        `The connection broke off and the server cannot resume: ${label}`,
      )
    case 'ERR_PWRITE_SINK_EXISTS':
    case 'EEXIST':
      return said(EXIT.destination, `${dest} exists already. Use --force to replace it`)
    case 'ERR_PWRITE_SINK_NOT_A_FILE':
      return said(EXIT.destination, `${dest} is no file that could be replaced`)
    case 'ERR_PWRITE_SINK_NO_SPACE':
    case 'ENOSPC':
      return said(EXIT.destination, `There is no room for it: ${dest}`)
    case 'EPIPE':
      return said(EXIT.destination, 'Nobody reads the output any more')
    default:
      if (code.startsWith('ERR_PWRITE_SINK') || /^E[A-Z]+$/.test(code)) {
        return said(EXIT.destination, `Cannot write ${dest}: ${message}`)
      }
      return said(EXIT.unexpected, message)
  }
}

function denial(s3Code: unknown, anonymous: boolean): string {
  if (anonymous) {
    return 'The server wants credentials, and none were found (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, --profile, or --access-key and --secret-key)'
  }
  switch (s3Code) {
    case 'InvalidAccessKeyId':
      return 'The server does not know this access key'
    case 'SignatureDoesNotMatch':
      return 'The secret key or the region is not right'
    case 'RequestTimeTooSkewed':
      return "This machine's clock is wrong"
    case 'ExpiredToken':
      return 'The session token has expired'
    default:
      return 'The server does not allow it'
  }
}
