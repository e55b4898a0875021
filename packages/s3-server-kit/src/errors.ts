/** @internal A TypeError about what the caller of the kit passed, with a code to match. */
export function argumentError(
  message: string,
): TypeError & { readonly code: 'ERR_S3_SERVER_KIT_INVALID_ARGUMENT' } {
  return Object.assign(new TypeError(message), {
    code: 'ERR_S3_SERVER_KIT_INVALID_ARGUMENT' as const,
  })
}

/** Why an operation's signal is aborted: the client has gone. It never becomes an answer. */
export class ClientGoneError extends Error {
  override readonly name = 'ClientGoneError'
  readonly code = 'ERR_S3_SERVER_KIT_CLIENT_GONE'
  readonly retryable = false

  constructor(options?: ErrorOptions) {
    super('The client closed the connection before the answer was complete', options)
  }
}

/** An object's body ended before all its bytes were given, or gave too many: the store broke its word. */
export class BodyLengthError extends Error {
  override readonly name = 'BodyLengthError'
  readonly code = 'ERR_S3_SERVER_KIT_BODY_LENGTH'
  readonly retryable = false

  constructor(expected: number, got: number) {
    super(`Body was to have ${expected} bytes and has another number: ${got}`)
  }
}
