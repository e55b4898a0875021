/** How many fetches may be in flight, decided from what happens in the pipe. */
export interface DepthControl {
  /** Fetches that may be in flight now. */
  readonly depth: number
  /** The consumer began to wait for bytes. */
  waitBegan(now: number): void
  /** The consumer has its bytes. */
  waitEnded(now: number): void
  /** A fetch could not start because `depth` was reached. */
  depthReached(): void
  /** A fetch that began at `startedAt` has brought all its bytes. */
  fetched(bytes: number, startedAt: number, now: number): void
  /** The consumer took bytes. */
  consumed(bytes: number): void
}

/** Share of its time a consumer may wait before the pipe counts as too shallow. */
const TOLERATED_WAIT = 0.05
/** A deeper pipe must bring this much more, or the extra depth is given back. */
const WORTHWHILE_GAIN = 1.15
/** A shallower pipe that keeps this much of the rate is as good. */
const HARMLESS_LOSS = 0.95
/** Rounds between two trials once the best depth has been found; reached by doubling. */
const ROUNDS_AT_REST = 16

/** A depth that never changes. */
export function fixedDepth(depth: number): DepthControl {
  return { depth, waitBegan() {}, waitEnded() {}, depthReached() {}, fetched() {}, consumed() {} }
}

/**
 * A depth that follows the bandwidth-delay product. It works in rounds of as many fetches as the depth, which is about
 * one latency. While the consumer waits, the depth doubles each round, as long as doubling brings more (by Little's
 * law the rate is depth divided by latency); a link or a processor that is busy already only answers later, and then
 * the doubling is taken back. Once the consumer does not wait, the depth falls to what its own rate needs.
 */
export function adaptiveDepth(min: number, max: number, initial: number): DepthControl {
  let depth = initial
  let roundStart = Number.NEGATIVE_INFINITY
  let fetches = 0
  let latencySum = 0
  let fetchedBytes = 0
  let consumedBytes = 0
  let waited = 0
  let waitingSince: number | undefined
  let limited = false
  let rest = 0
  let direction: 'up' | 'down' = 'up'
  let backoff = 1
  let trial: { readonly from: number; readonly rate: number; doubted: boolean } | undefined

  function resize(to: number, now: number): void {
    depth = Math.min(max, Math.max(min, to))
    roundStart = now
    fetches = 0
    latencySum = 0
    fetchedBytes = 0
    consumedBytes = 0
    waited = 0
    limited = false
    if (waitingSince !== undefined) waitingSince = now
  }

  function turn(): void {
    direction = direction === 'up' ? 'down' : 'up'
    rest = backoff
    backoff = Math.min(backoff * 2, ROUNDS_AT_REST)
  }

  function endRound(now: number): void {
    const latency = Math.max(latencySum / fetches, 1e-3)
    const elapsed = Math.max(now - roundStart, 1e-3)
    const waitedMs = waited + (waitingSince === undefined ? 0 : now - waitingSince)
    const rate = depth / latency
    if (waitedMs / elapsed <= TOLERATED_WAIT || !limited) {
      trial = undefined
      const itemsConsumed = (fetches * consumedBytes) / Math.max(fetchedBytes, 1)
      const needed = Math.ceil((itemsConsumed / elapsed) * latency) + 1
      return resize(needed < depth ? Math.max(needed, depth >> 1) : depth, now)
    }
    if (trial !== undefined) {
      const { from, rate: before, doubted } = trial
      if (rate < before * (depth > from ? WORTHWHILE_GAIN : HARMLESS_LOSS)) {
        // New connections are slow once: one bad round is not yet a verdict.
        trial.doubted = true
        if (!doubted) return resize(depth, now)
        trial = undefined
        turn()
        return resize(from, now)
      }
      trial = undefined
      backoff = 1
    }
    if (rest > 0) {
      rest--
      return resize(depth, now)
    }
    if (depth === (direction === 'up' ? max : min)) {
      turn()
      return resize(depth, now)
    }
    trial = { from: depth, rate, doubted: false }
    resize(direction === 'up' ? depth * 2 : depth >> 1, now)
  }

  return {
    get depth() {
      return depth
    },
    waitBegan(now) {
      waitingSince ??= now
    },
    waitEnded(now) {
      if (waitingSince === undefined) return
      waited += now - waitingSince
      waitingSince = undefined
    },
    depthReached() {
      limited = true
    },
    consumed(bytes) {
      consumedBytes += bytes
    },
    fetched(bytes, startedAt, now) {
      if (roundStart === Number.NEGATIVE_INFINITY) roundStart = startedAt
      if (startedAt < roundStart) return
      fetches++
      fetchedBytes += bytes
      latencySum += now - startedAt
      if (fetches >= depth) endRound(now)
    },
  }
}
