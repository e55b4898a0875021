import { describe, expect, it } from 'vitest'
import { createByteBudget } from '@millrace/prefetch-pipe'

describe('createByteBudget()', () => {
  it('serves those that wait in their order', () => {
    const budget = createByteBudget(100)
    const served: string[] = []
    expect(budget.tryReserve(90)).toBe(true)
    budget.request(50, () => served.push('large'))
    budget.request(5, () => served.push('small'))
    // A newcomer does not overtake, even where there is room.
    expect(budget.tryReserve(5)).toBe(false)
    expect(served).toEqual([])
    budget.release(90)
    expect(served).toEqual(['large', 'small'])
    expect(budget.reserved).toBe(55)
    expect(budget.waiting).toBe(0)
    expect(budget.peak).toBe(90)
  })

  it('lets the next one through when the first gives up', () => {
    const budget = createByteBudget(100)
    let served = false
    budget.tryReserve(60)
    const leave = budget.request(100, () => {})
    budget.request(40, () => {
      served = true
    })
    leave()
    leave()
    expect(served).toBe(true)
  })

  it('takes what is there, and what has arrived already', () => {
    const budget = createByteBudget(10)
    expect(budget.take(7)).toBe(7)
    expect(budget.take(7)).toBe(3)
    budget.force(5)
    expect(budget.reserved).toBe(15)
    expect(budget.take(1)).toBe(0)
    expect(budget.tryReserve(0)).toBe(true)
  })

  it('refuses nonsense with codes', () => {
    expect(() => createByteBudget(1.5)).toThrow(
      expect.objectContaining({ code: 'ERR_PREFETCH_BAD_BUDGET' }),
    )
    expect(() => createByteBudget(10).release(1)).toThrow(
      expect.objectContaining({ code: 'ERR_PREFETCH_OVER_RELEASE' }),
    )
  })
})
