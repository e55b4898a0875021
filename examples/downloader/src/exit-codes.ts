/** What the shell is told. */
export const EXIT = {
  ok: 0,
  /** Something nobody thought of. */
  unexpected: 1,
  /** The command line makes no sense. */
  usage: 2,
  /** No such object, bucket or page. */
  notFound: 3,
  /** Credentials are missing, wrong, or do not allow it. */
  denied: 4,
  /** The server or the way to it does not work. */
  unavailable: 5,
  /** The bytes are not the object's, or it kept changing. */
  corrupt: 6,
  /** The destination: it exists, cannot be written, or the name is not safe. */
  destination: 7,
  /** Ctrl-C. */
  interrupted: 130,
  terminated: 143,
} as const

/** An error whose message is for the person at the terminal, with the code for the shell. */
export class CliError extends Error {
  override readonly name = 'CliError'
  readonly code = 'ERR_DOWNLOADER'
  readonly retryable = false
  readonly exitCode: number

  constructor(exitCode: number, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.exitCode = exitCode
  }
}
