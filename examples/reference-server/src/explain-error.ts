/** What was asked for, as far as a message needs it. */
export interface Asked {
  readonly host: string
  readonly port: number
}

/**
 * What a person reads when the server cannot start: what is wrong and what to do.
 *
 * @param error what starting threw
 * @param asked where it was to listen
 */
export function explainError(error: unknown, asked: Asked): string {
  const { code, syscall, path, message } = error as NodeJS.ErrnoException
  const { host, port } = asked
  if (syscall === 'listen' || syscall === 'getaddrinfo') {
    switch (code) {
      case 'EADDRINUSE':
        return `Port ${port} on ${host} is in use. Stop what uses it, or take another: --port 0 finds a free one`
      case 'EACCES':
        return `Port ${port} on ${host} may not be opened by this user: take one above 1023 with --port`
      default:
        return `Cannot listen on ${host} (${code}): it is no address of this machine. Name one with --host, 127.0.0.1 for this machine only`
    }
  }
  if (path !== undefined) {
    switch (code) {
      case 'EACCES':
      case 'EPERM':
      case 'EROFS':
        return `Cannot write ${path} (${code}): this user may not, or the disk is read-only. Name other places with --data or --volumes`
      case 'ENOTDIR':
      case 'EEXIST':
        return `Cannot use ${path} (${code}): a file is where a directory should be. Name other places with --data or --volumes`
      case 'ENOSPC':
        return `Cannot write ${path}: the disk is full. Free some room, or name other places with --data or --volumes`
    }
  }
  return message
}
