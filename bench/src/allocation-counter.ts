/** Byte arrays made in this thread since the counting began. */
export interface AllocationCount {
  /** Calls that made a Uint8Array, Buffer, ArrayBuffer or SharedArrayBuffer, views included. */
  readonly buffers: number
}

type Constructor = abstract new (...args: never[]) => object
type Method = (this: unknown, ...args: unknown[]) => unknown

/**
 * Counts what JavaScript of this thread allocates in bytes, truly and not by what the code promises: the constructors and
 * methods that make byte arrays are replaced by ones that count, until `work` is done. (What Node makes inside itself, in
 * C++, is not seen.)
 */
export async function countAllocations(work: () => Promise<void>): Promise<AllocationCount> {
  let buffers = 0
  const restore: (() => void)[] = []
  const replace = (holder: object, name: string, make: (original: unknown) => unknown): void => {
    const descriptor = Object.getOwnPropertyDescriptor(holder, name)
    if (descriptor === undefined) return
    restore.push(() => void Object.defineProperty(holder, name, descriptor))
    Object.defineProperty(holder, name, { configurable: true, value: make(descriptor.value) })
  }
  const countConstruct = (original: unknown): unknown =>
    new Proxy(original as Constructor, {
      construct(target, args, newTarget) {
        buffers++
        return Reflect.construct(target, args, newTarget) as object
      },
    })
  const countCall = (original: unknown): unknown =>
    function counted(this: unknown, ...args: unknown[]): unknown {
      buffers++
      return (original as Method).apply(this, args)
    }
  for (const name of ['Uint8Array', 'ArrayBuffer', 'SharedArrayBuffer']) {
    replace(globalThis, name, countConstruct)
  }
  const typedArray = Object.getPrototypeOf(Uint8Array.prototype) as object
  for (const name of ['subarray', 'slice', 'map', 'filter']) replace(typedArray, name, countCall)
  for (const name of ['subarray', 'slice']) replace(Buffer.prototype, name, countCall)
  for (const name of ['alloc', 'allocUnsafe', 'allocUnsafeSlow', 'concat', 'from']) {
    replace(Buffer, name, countCall)
  }
  try {
    await work()
  } finally {
    for (const undo of restore) undo()
  }
  return { buffers }
}
