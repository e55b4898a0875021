import { type Algorithm, createHasher } from '@millrace/checksums'
import type { Lease } from '@millrace/pooled-buffers'
import type { WorkerLanes } from '@millrace/worker-lanes'

/** One digest under way over bytes that lie in leases. */
export interface LeaseHash {
  /** Adds the first `length` bytes of a lease, in the order of the calls; the lease must stay until it resolves. */
  update(lease: Lease, length: number): Promise<void> | undefined
  digest(): Promise<Uint8Array>
  close(): Promise<void>
}

/** Opens a digest: on a thread where there are lanes, here where there are none. */
export function openLeaseHash(algorithm: Algorithm, lanes: WorkerLanes | undefined): LeaseHash {
  if (lanes === undefined) {
    const hasher = createHasher(algorithm)
    return {
      update(lease, length) {
        hasher.update(lease.bytes.subarray(0, length))
        return undefined
      },
      digest: async () => hasher.digest(),
      close: async () => {},
    }
  }
  const lane = lanes.openHash([algorithm])
  return {
    update: (lease, length) => lane.update(lease.slot, length),
    async digest() {
      return (await lane.digest())[algorithm] as Uint8Array
    },
    close: async () => lane.close(),
  }
}
