import type { Reporter } from './progress.ts'
import { DEFAULT_RESTARTS } from './transfer-options.ts'

/** Begins anew, a few times, when the object changed under the transfer or a transfer that cannot be resumed broke off. */
export async function restarting<T>(
  key: string,
  reporter: Reporter,
  attempt: () => Promise<T>,
): Promise<T> {
  for (let restarts = 0; ; restarts++) {
    try {
      return await attempt()
    } catch (error) {
      const { code } = error as { readonly code?: unknown }
      const again = code === 'ERR_RANGE_ENGINE_CHANGED' || code === 'ERR_RANGE_ENGINE_BROKEN'
      if (!again || restarts === DEFAULT_RESTARTS) throw error
      reporter.event({ type: 'restart', key, error })
    }
  }
}
