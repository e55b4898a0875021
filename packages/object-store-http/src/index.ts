import { exactBytes } from '@millrace/byte-streams'
import {
  checkKey,
  evaluateReadConditions,
  type GetOptions,
  type GetResult,
  type HeadOptions,
  type ObjectInfo,
  type ObjectStore,
  ObjectStoreError,
} from '@millrace/object-store'
import {
  checkBodyAnswer,
  conditionHeaders,
  type HttpAnswer,
  type HttpDispatcher,
  infoOfHeaders,
  rangeHeader,
} from '@millrace/object-store/http'
import { Agent } from 'undici'
import { createSite, type Site } from './site.ts'
import { errorOf } from './status-errors.ts'

export { DEFAULT_MAX_REDIRECTS } from './site.ts'

/** Connections to a host at a time when not told otherwise. */
export const DEFAULT_CONNECTIONS = 64

/** Options of {@link createHttpStore}. */
export interface HttpStoreOptions {
  /** Sent with each request to the base URL's own origin, and never after a redirect to another. @default none */
  readonly headers?: Readonly<Record<string, string>>
  /**
   * An undici dispatcher (for a proxy, a CA). It stays yours to close.
   *
   * @default an Agent of the store's own, closed with it
   */
  readonly dispatcher?: HttpDispatcher
  /** @default DEFAULT_CONNECTIONS */
  readonly connections?: number
  /** 0 follows none. @default DEFAULT_MAX_REDIRECTS */
  readonly maxRedirects?: number
  /** How long headers may take, in milliseconds. @default 60,000 */
  readonly headersTimeoutMs?: number
  /** How long a body may stand still, in milliseconds. @default 30,000 */
  readonly bodyTimeoutMs?: number
  /**
   * Makes a key the path behind the base URL's; the identity where keys are percent-encoded already, as in a signed URL.
   *
   * @default each segment by `encodeURIComponent`
   */
  readonly encodeKey?: (key: string) => string
}

/** A site as a store, with connections to close. */
export interface HttpStore extends ObjectStore, AsyncDisposable {
  /** Closes the store's own connections; what is under way ends first. */
  close(): Promise<void>
}

/**
 * Any HTTP site as a read-only `ObjectStore`: a key is what follows the base URL's path, character by character and then
 * encoded, so end the base with `/`. What a server answers to a range is checked: another range, a wrong length or the
 * whole object instead is an error, never wrong bytes.
 *
 * @param baseUrl - http or https; its query (a presigned URL's, say) goes with every request
 * @param options - see {@link HttpStoreOptions}
 * @returns a store; writes and lists throw `NOT_SUPPORTED`
 * @throws {TypeError} `ERR_OBJECT_STORE_HTTP_INVALID_ARGUMENT` for a base URL that is none
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { createHttpStore } from '@millrace/object-store-http'
 *
 * const store = createHttpStore('https://example.org/files/')
 * assert.equal(store.capabilities.write, false)
 * await assert.rejects(store.put('a', []), { code: 'NOT_SUPPORTED' })
 * await store.close()
 * ```
 */
export function createHttpStore(baseUrl: string | URL, options: HttpStoreOptions = {}): HttpStore {
  const agent =
    options.dispatcher === undefined
      ? new Agent({ connections: options.connections ?? DEFAULT_CONNECTIONS })
      : undefined
  const site = createSite(baseUrl, {
    dispatcher: options.dispatcher ?? (agent as HttpDispatcher),
    headers: options.headers ?? {},
    maxRedirects: options.maxRedirects,
    headersTimeoutMs: options.headersTimeoutMs,
    bodyTimeoutMs: options.bodyTimeoutMs,
    encodeKey: options.encodeKey,
  })
  const refuse = async (): Promise<never> => {
    throw unsupported()
  }
  const close = async (): Promise<void> => {
    await agent?.close()
  }
  return {
    capabilities: {
      write: false,
      list: false,
      multipart: false,
      versions: false,
      conditionalWrite: false,
      suffixRange: true,
      digests: [],
    },
    get: async (key, getOptions = {}) => getObject(site, key, getOptions),
    head: async (key, headOptions = {}) => headObject(site, key, headOptions),
    put: refuse,
    delete: refuse,
    createMultipart: refuse,
    resumeMultipart: refuse,
    list() {
      throw unsupported()
    },
    listMultipart() {
      throw unsupported()
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

function unsupported(): ObjectStoreError {
  return new ObjectStoreError('NOT_SUPPORTED', 'A plain HTTP site can only be read, key by key')
}

/** There is one version of everything here. */
function checkVersion(key: string, versionId: string | undefined): void {
  if (versionId !== undefined && versionId !== 'null') {
    throw new ObjectStoreError('NO_SUCH_VERSION', `No such version of ${key}: ${versionId}`)
  }
}

async function headObject(site: Site, key: string, options: HeadOptions): Promise<ObjectInfo> {
  options.signal?.throwIfAborted()
  checkVersion(checkKey(key), options.versionId)
  const answer = await site.send('HEAD', key, conditionHeaders(options.conditions), options.signal)
  await answer.body[Symbol.asyncDispose]()
  if (answer.status !== 200) throw await errorOf(answer, key)
  const length = answer.headers['content-length']
  if (length === undefined) {
    throw new ObjectStoreError(
      'NOT_SUPPORTED',
      `Server does not say how long the object is: ${key}`,
    )
  }
  const info = infoOfHeaders(key, answer.headers, Number(length))
  // Many plain servers do not know If-Match.
  evaluateReadConditions(info, options.conditions)
  return info
}

async function getObject(site: Site, key: string, options: GetOptions): Promise<GetResult> {
  const { range, partNumber, conditions, signal } = options
  signal?.throwIfAborted()
  checkVersion(checkKey(key), options.versionId)
  if (partNumber !== undefined && partNumber !== 1) {
    throw new ObjectStoreError('RANGE_NOT_SATISFIABLE', `Object has no part ${partNumber}: ${key}`)
  }
  if (range !== undefined && 'suffix' in range && range.suffix === 0) {
    const { size } = await headObject(site, key, options)
    throw new ObjectStoreError('RANGE_NOT_SATISFIABLE', `Range has no bytes: ${key}`, {
      details: { size },
    })
  }
  const answer = await site.send(
    'GET',
    key,
    {
      ...conditionHeaders(conditions),
      ...(range === undefined ? {} : { range: rangeHeader(range) }),
    },
    signal,
  )
  try {
    return await resultOf(answer, key, options)
  } catch (error) {
    await answer.body[Symbol.asyncDispose]()
    throw error
  }
}

async function resultOf(answer: HttpAnswer, key: string, options: GetOptions): Promise<GetResult> {
  if (answer.status !== 200 && answer.status !== 206) throw await errorOf(answer, key)
  const { body } = answer
  const { range, size, length } = checkBodyAnswer(answer, options.range, key)
  const info = infoOfHeaders(key, answer.headers, size)
  // Many plain servers do not know If-Match.
  evaluateReadConditions(info, options.conditions)
  const exact = exactBytes(length, {
    createError: ({ kind, expected, seen }) =>
      kind === 'short'
        ? new ObjectStoreError(
            'UNAVAILABLE',
            `Body ended after ${seen} of ${expected} bytes: ${key}`,
          )
        : new ObjectStoreError('CORRUPT', `Body has more than its ${expected} bytes: ${key}`),
  })(body)
  return {
    info,
    range,
    body: exact,
    [Symbol.asyncDispose]: async () => body[Symbol.asyncDispose](),
  }
}
