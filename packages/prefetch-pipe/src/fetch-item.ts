import type { HeldItem } from './held-item.ts'
import type { Locations, Settings } from './options.ts'
import { type BodyHost, readBody } from './read-body.ts'
import { retryDelay, sameLocations, saysRetryable } from './retry-rules.ts'

/** What fetching an item needs of the pipe it belongs to. */
export interface FetchHost extends BodyHost {
  /** Another attempt is about to begin. */
  refetching(): void
}

const NOWHERE: Locations = []

/**
 * Fetches one item whole: SeaweedFS's error table. Before the first byte: look the locations up anew once, and repeat
 * at once if they changed. After k bytes: continue at k where that is allowed. What counts is what was fetched, not
 * what was consumed; and nothing is repeated once the pipe has ended.
 */
export async function fetchItem<Item>(
  held: HeldItem<Item>,
  settings: Settings<Item>,
  host: FetchHost,
): Promise<void> {
  const { item } = held
  const { signal } = host
  if (held.locations === undefined) {
    held.locations =
      settings.locate === undefined ? NOWHERE : await settings.locate(item, { signal })
  }
  let refreshed = false
  let retries = 0

  async function refreshedLocations(error: unknown, known: Locations): Promise<boolean> {
    if (settings.refresh === undefined || refreshed) return false
    refreshed = true
    try {
      held.locations = await settings.refresh(item, { signal, error, locations: known })
    } catch {
      return false
    }
    return !sameLocations(known, held.locations)
  }

  async function mayRepeat(
    error: unknown,
    locations: Locations,
    progress: boolean,
  ): Promise<boolean> {
    const { length, fetched } = held
    if (fetched === 0) {
      if (await refreshedLocations(error, locations)) return true
      signal.throwIfAborted()
    } else if (!settings.resume(item) || (length !== undefined && fetched >= length)) {
      return false
    }
    // A body that broke off is worth resuming unless its error says otherwise; a fetch that brought nothing must say
    // itself that trying again may help.
    const worthwhile =
      settings.retryable === undefined
        ? (saysRetryable(error) ?? fetched > 0)
        : settings.retryable(error, item)
    if (!worthwhile || retries >= settings.retries) return false
    const wait = retryDelay(retries++, settings.random)
    if (!progress) await settings.delay(wait, signal)
    return true
  }

  for (let attempt = 0; ; attempt++) {
    const offset = held.fetched
    const { locations } = held
    try {
      const bytes = settings.fetch(item, { signal, offset, attempt, locations })
      await readBody(held, bytes instanceof Promise ? await bytes : bytes, host)
      return
    } catch (error) {
      if (signal.aborted) throw error
      if (!(await mayRepeat(error, locations, held.fetched > offset))) throw error
      signal.throwIfAborted()
      host.refetching()
    }
  }
}
