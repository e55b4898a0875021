import { DEFAULT_UNIT, stripeGeometry } from '@millrace/ec-codec'
import { argumentError } from './errors.ts'
import type { ErasureStoreOptions } from './open-erasure-store.ts'
import { DEFAULT_SCHEME, readVolumeLayout } from './volume-set.ts'

/** @internal Throws for options that no volumes could make right. */
export function checkOptions(options: ErasureStoreOptions): void {
  const { volumes, lanes, durability, scheme = DEFAULT_SCHEME, unit = DEFAULT_UNIT } = options
  if (!Array.isArray(volumes) || volumes.some((path) => typeof path !== 'string' || path === '')) {
    throw argumentError(TypeError, 'Option volumes must be an array of directories')
  }
  if (typeof lanes?.decodeStripe !== 'function') {
    throw argumentError(TypeError, 'Option lanes is missing: open some with openWorkerLanes()')
  }
  if (durability !== undefined && durability !== 'strict' && durability !== 'relaxed') {
    throw argumentError(
      RangeError,
      `Option durability must be strict or relaxed: ${String(durability)}`,
    )
  }
  stripeGeometry({ scheme, unit, size: 0 })
}

/** @internal Throws where a stripe does not fit a slot, before anything is formatted for it. */
export async function checkSlots(options: ErasureStoreOptions): Promise<void> {
  const { lanes, scheme = DEFAULT_SCHEME, unit = DEFAULT_UNIT } = options
  const layout = (await readVolumeLayout(options.volumes)) ?? { scheme, unit }
  const stripe = (layout.scheme.k + layout.scheme.m) * layout.unit
  if (lanes.pool.slotSize >= stripe) return
  throw argumentError(
    RangeError,
    `Cannot work with slots of ${lanes.pool.slotSize} bytes: a stripe takes ${stripe}`,
  )
}
