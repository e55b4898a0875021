import { type ByteRange, planRanges, planTransfer } from '@millrace/range-planner'
import type { Reporter } from './progress.ts'
import type { Session } from './session.ts'
import type { TransferOptions } from './transfer-options.ts'
import { chooseVerification, type Verification } from './verification.ts'

/** Largest part where one digest follows the bytes in order: what is written ahead of it has to be read again. */
const ORDERED_PART: number = 8 * 1024 * 1024

/** The parts of a transfer, in order and without gaps, and how many are fetched at a time. */
export interface TransferParts {
  readonly parts: readonly ByteRange[]
  readonly concurrency: number
}

/** How a transfer goes: what is fetched, and what it is checked by. */
export interface TransferDecision extends TransferParts {
  readonly verification: Verification
}

/** Decides how a transfer goes, and tells the caller what there is to know about it. */
export function planTransferOf(
  session: Session,
  options: TransferOptions,
  reporter: Reporter,
): TransferDecision {
  const { info, ranged } = session
  const verification: Verification =
    options.verify === false ? { kind: 'none' } : chooseVerification(info)
  if (!ranged && info.size > 0) reporter.event({ type: 'one-stream', key: info.key })
  if (verification.kind === 'none') reporter.event({ type: 'unverified', key: info.key })
  return { verification, ...splitObject(session, verification, options) }
}

/**
 * Splits an object into parts. The first request's bytes are the first part, so that nothing of it is asked for twice;
 * where the digests belong to the parts of the upload, the parts are those.
 */
function splitObject(
  session: Session,
  verification: Verification,
  options: TransferOptions,
): TransferParts {
  const { info, first, ranged } = session
  const { size } = info
  if (!ranged) return { parts: [{ start: 0, end: size }], concurrency: 1 }
  const plan = planTransfer(
    size,
    options.preset,
    options.concurrency === undefined ? {} : { concurrency: options.concurrency },
  )
  const concurrency = options.concurrency ?? plan.concurrency
  if (verification.kind === 'parts' && verification.sizes !== undefined) {
    let start = 0
    const parts = verification.sizes.map((length) => {
      const part = { start, end: start + length }
      start = part.end
      return part
    })
    return { parts, concurrency }
  }
  const begun = first.range.end
  const wanted = options.partSize ?? plan.partSize
  const partSize = verification.kind === 'whole' ? Math.min(wanted, ORDERED_PART) : wanted
  const rest = begun < size ? planRanges({ start: begun, end: size }, { partSize }) : []
  return { parts: [{ start: 0, end: begun }, ...rest], concurrency }
}
