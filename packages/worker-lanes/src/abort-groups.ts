/** @internal Tells many waiting jobs of one signal's abort with one listener on it. */
export interface AbortGroups<T> {
  add(signal: AbortSignal, member: T): void
  delete(signal: AbortSignal, member: T): void
}

/** @internal `onAbort` is called for each member that is still there when its signal aborts. */
export function createAbortGroups<T>(
  onAbort: (member: T, reason: unknown) => void,
): AbortGroups<T> {
  const groups = new Map<AbortSignal, { readonly members: Set<T>; readonly listener: () => void }>()
  return {
    add(signal, member) {
      let group = groups.get(signal)
      if (group === undefined) {
        const members = new Set<T>()
        const listener = (): void => {
          groups.delete(signal)
          for (const each of members) onAbort(each, signal.reason)
        }
        group = { members, listener }
        groups.set(signal, group)
        signal.addEventListener('abort', listener, { once: true })
      }
      group.members.add(member)
    },
    delete(signal, member) {
      const group = groups.get(signal)
      if (group === undefined) return
      group.members.delete(member)
      if (group.members.size > 0) return
      groups.delete(signal)
      signal.removeEventListener('abort', group.listener)
    },
  }
}
