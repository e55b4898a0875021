import {
  type GetOptions,
  type GetResult,
  type ObjectStore,
  ObjectStoreError,
} from '@millrace/object-store'

/** What goes wrong with one `get`, by its number from 0. */
export type Fault =
  | { readonly kind: 'refuse'; readonly error: Error }
  | { readonly kind: 'break'; readonly after: number; readonly error: Error }
  | { readonly kind: 'hang'; readonly after: number }
  | { readonly kind: 'flip'; readonly at: number }
  | { readonly kind: 'whole' }
  | { readonly kind: 'before'; readonly act: () => Promise<void> }

export interface FaultyStore extends ObjectStore {
  readonly requests: GetOptions[]
  /** Bodies that were begun and neither ended nor closed. */
  readonly open: number
}

export const unavailable = (): ObjectStoreError => new ObjectStoreError('UNAVAILABLE', 'Reset')

/** A store whose reads fail as they are told, and that counts what is left open. */
export function faultyStore(
  inner: ObjectStore,
  faultOf: (request: number, options: GetOptions) => Fault | undefined = () => undefined,
): FaultyStore {
  const requests: GetOptions[] = []
  let open = 0
  return {
    ...inner,
    requests,
    get open() {
      return open
    },
    async get(key, options = {}) {
      const fault = faultOf(requests.length, options)
      requests.push(options)
      options.signal?.throwIfAborted()
      if (fault?.kind === 'refuse') throw fault.error
      if (fault?.kind === 'before') await fault.act()
      if (fault?.kind === 'whole' && options.range !== undefined) {
        throw new ObjectStoreError('NOT_SUPPORTED', 'Server ignores Range', {
          details: { reason: 'RANGE_IGNORED' },
        })
      }
      const result = await inner.get(key, options)
      open++
      let counted = true
      let wake: (() => void) | undefined
      let disposed = false
      const close = (): void => {
        if (counted) open--
        counted = false
      }
      async function* body(): AsyncGenerator<Uint8Array, void, undefined> {
        let given = 0
        try {
          for await (const whole of result.body) {
            for (let at = 0; at < whole.length; at += 50_000) {
              let chunk = whole.subarray(at, at + 50_000)
              if (fault?.kind === 'break' && given + chunk.length > fault.after) {
                chunk = chunk.subarray(0, fault.after - given)
                if (chunk.length > 0) yield chunk
                throw fault.error
              }
              if (fault?.kind === 'hang' && given >= fault.after) {
                await new Promise<void>((resolve, reject) => {
                  wake = resolve
                  options.signal?.addEventListener('abort', () => reject(options.signal?.reason), {
                    once: true,
                  })
                })
                if (disposed) throw unavailable()
              }
              if (fault?.kind === 'flip' && fault.at >= given && fault.at < given + chunk.length) {
                chunk = chunk.slice()
                chunk[fault.at - given] = (chunk[fault.at - given] as number) ^ 1
              }
              given += chunk.length
              yield chunk
              await new Promise(setImmediate)
            }
          }
        } finally {
          close()
        }
      }
      return {
        info: result.info,
        range: result.range,
        body: body(),
        async [Symbol.asyncDispose]() {
          disposed = true
          close()
          wake?.()
          await result[Symbol.asyncDispose]()
        },
      } satisfies GetResult
    },
  }
}
