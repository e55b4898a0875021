// What serve-degraded-object uses of Express. An app of your own has @types/express instead.
declare module 'express' {
  import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'

  export interface Request extends IncomingMessage {
    /** The wildcard `*key` gives the decoded segments of the path that it matched. */
    readonly params: { readonly key: readonly string[] }
  }
  export type Response = ServerResponse<Request>
  export type NextFunction = (error?: unknown) => void
  export type ErrorRequestHandler = (
    error: never,
    req: Request,
    res: Response,
    next: NextFunction,
  ) => void
  export interface Express extends RequestListener {
    get(path: string, handler: (req: Request, res: Response) => Promise<void>): this
    use(handler: ErrorRequestHandler): this
    listen(port: number, host: string): Server
  }
  export default function express(): Express
}
