import assert from 'node:assert/strict'
import type { ByteSource } from '@millrace/byte-streams'
import type { ObjectStore, PutOptions } from '../port.ts'
import {
  type ConformanceTest,
  assertCode,
  assertSame,
  names,
  pattern,
  read,
  test,
  watched,
} from './harness.ts'

const OLD = pattern(5000, 9)

/** A put that must fail leaves the old object, and nothing where there was none. */
async function leavesNothing(
  store: ObjectStore,
  attempt: () => { readonly body: ByteSource; readonly options?: PutOptions },
  expected: (error: unknown) => void,
): Promise<void> {
  await store.put('old', [OLD])
  const { etag } = await store.head('old')
  for (const key of ['old', 'new']) {
    const { body, options } = attempt()
    await assert.rejects(
      async () => store.put(key, body, options),
      (error: unknown) => {
        expected(error)
        return true
      },
    )
  }
  assertSame(await read(store, 'old'), OLD, 'the old object')
  assert.equal((await store.head('old')).etag, etag)
  await assertCode('NOT_FOUND', () => store.head('new'))
  if (store.capabilities.list) assert.deepEqual(await names(store), ['old'])
}

function is(reason: unknown): (error: unknown) => void {
  return (error) => assert.equal(error, reason)
}

function hasCode(code: string): (error: unknown) => void {
  return (error) => assert.equal((error as { code?: unknown }).code, code, String(error))
}

export const faultTests: readonly ConformanceTest[] = [
  test('a body that fails leaves nothing, and the old object', ['write'], async (store) => {
    const failure = new Error('source failed')
    for (const chunks of [[], [pattern(10)], [pattern(100_000), pattern(700_000)]]) {
      await leavesNothing(store, () => ({ body: watched(chunks, 'fail', failure) }), is(failure))
    }
  }),
  test('a body of another size than announced leaves nothing', ['write'], async (store) => {
    for (const size of [0, 999, 1001, 5_000_000]) {
      await leavesNothing(
        store,
        () => ({ body: [pattern(400), pattern(600)], options: { size } }),
        hasCode('INCOMPLETE_BODY'),
      )
    }
    await store.put('exact', [pattern(400), pattern(600)], { size: 1000 })
    assert.equal((await store.head('exact')).size, 1000)
  }),
  test('a body that is too long is closed, not drained', ['write'], async (store) => {
    const body = watched([pattern(1000), pattern(1000)], 'hang')
    await assertCode('INCOMPLETE_BODY', () => store.put('key', body, { size: 1500 }))
    assert.equal(body.closed, true)
  }),
  test(
    'beforeCommit that throws leaves nothing and its error comes out',
    ['write'],
    async (store) => {
      if (store.capabilities.digests.length === 0) return
      const refusal = new Error('refused')
      await leavesNothing(
        store,
        () => ({
          body: [pattern(200_000)],
          options: {
            beforeCommit: () => {
              throw refusal
            },
          },
        }),
        is(refusal),
      )
      await leavesNothing(
        store,
        () => ({ body: [], options: { beforeCommit: async () => Promise.reject(refusal) } }),
        is(refusal),
      )
    },
  ),
  test(
    'an abort before or during a put rejects with its reason and leaves nothing',
    ['write'],
    async (store) => {
      const reason = new Error('enough')
      await leavesNothing(
        store,
        () => ({ body: [pattern(10)], options: { signal: AbortSignal.abort(reason) } }),
        is(reason),
      )
      await leavesNothing(
        store,
        () => {
          const controller = new AbortController()
          setImmediate(() => controller.abort(reason))
          return {
            body: watched([pattern(100_000)], 'hang'),
            options: { signal: controller.signal },
          }
        },
        is(reason),
      )
    },
  ),
  test('an aborted signal refuses delete and list', ['write'], async (store) => {
    const reason = new Error('enough')
    const signal = AbortSignal.abort(reason)
    await store.put('key', [pattern(10)])
    await assert.rejects(async () => store.delete('key', { signal }), reason)
    assert.equal((await store.head('key')).size, 10)
    if (!store.capabilities.list) return
    await assert.rejects(async () => {
      for await (const entry of store.list({ signal })) assert.fail(entry.type)
    }, reason)
  }),
  test('a finished call leaves no listener on its signal', ['write'], async (store) => {
    const controller = new AbortController()
    const { signal } = controller
    let listeners = 0
    const add = signal.addEventListener.bind(signal)
    const remove = signal.removeEventListener.bind(signal)
    const counted = Object.assign(signal, {
      addEventListener: (...args: Parameters<typeof add>) => {
        listeners++
        add(...args)
      },
      removeEventListener: (...args: Parameters<typeof remove>) => {
        listeners--
        remove(...args)
      },
    })
    await store.put('key', [pattern(100_000)], { signal: counted })
    await read(store, 'key', { signal: counted })
    await store.head('key', { signal: counted })
    await store.delete('key', { signal: counted })
    assert.ok(listeners <= 0, `listeners left: ${listeners}`)
  }),
]
