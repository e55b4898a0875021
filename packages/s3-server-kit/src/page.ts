import type { ListEntry } from '@millrace/object-store'
import type { XmlValue } from '@millrace/s3-protocol'

/** One page of a listing, written while it is read. What it has come to is known when `entries` has ended. */
export interface Page<E> {
  /** The entries that are not prefixes. */
  readonly entries: AsyncGenerator<E, void, undefined>
  /** Of this page; complete when `entries` has ended. */
  readonly prefixes: XmlValue<'CommonPrefix'>[]
  /** Entries and prefixes together. */
  readonly count: number
  readonly truncated: boolean
  /** The last entry or prefix of the page. */
  readonly last: string
  readonly lastEntry: E | undefined
}

/** Cuts a page of at most `maxKeys` entries off a listing. The listing is closed when the page is full. */
export function pageOf<E extends ListEntry>(
  listing: AsyncIterable<E>,
  maxKeys: number,
): Page<Exclude<E, { readonly type: 'prefix' }>> {
  type Entry = Exclude<E, { readonly type: 'prefix' }>
  const prefixes: XmlValue<'CommonPrefix'>[] = []
  const state = { count: 0, truncated: false, last: '', lastEntry: undefined as Entry | undefined }
  const entries = async function* (): AsyncGenerator<Entry, void, undefined> {
    if (maxKeys === 0) return
    for await (const entry of listing) {
      if (state.count === maxKeys) {
        state.truncated = true
        return
      }
      state.count++
      if (entry.type === 'prefix') {
        prefixes.push({ Prefix: entry.prefix })
        state.last = entry.prefix
        state.lastEntry = undefined
        continue
      }
      state.last = keyOf(entry)
      state.lastEntry = entry as Entry
      yield entry as Entry
    }
  }
  return {
    entries: entries(),
    prefixes,
    get count() {
      return state.count
    },
    get truncated() {
      return state.truncated
    },
    get last() {
      return state.last
    },
    get lastEntry() {
      return state.lastEntry
    },
  }
}

function keyOf(entry: Exclude<ListEntry, { readonly type: 'prefix' }>): string {
  return entry.type === 'object' ? entry.info.key : entry.key
}
