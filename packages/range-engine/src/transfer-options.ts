import type { RetryOptions } from '@millrace/object-store'
import type { PlanningPreset, PlanningPresetName } from '@millrace/range-planner'
import { checkWhole } from './errors.ts'

/** Times that a file or buffer is begun anew because the object changed meanwhile. */
export const DEFAULT_RESTARTS = 3

/** Milliseconds between two reports of progress, at least. */
export const PROGRESS_INTERVAL_MS = 100

/** How far a transfer is. */
export interface Progress {
  /** Bytes received so far; it begins anew when the object changed. */
  readonly bytes: number
  /** Of the object. */
  readonly size: number
  /** Bytes a second over the last few seconds. */
  readonly rate: number
}

/** What happens on the way, beside progress. The same is published on `millrace:range-engine`. */
export type TransferEvent =
  | {
      readonly type: 'retry'
      readonly key: string
      readonly position: number
      readonly error: unknown
    }
  | { readonly type: 'restart'; readonly key: string; readonly error: unknown }
  | { readonly type: 'one-stream'; readonly key: string }
  | { readonly type: 'unverified'; readonly key: string }

/** Options of every verb. */
export interface TransferOptions {
  readonly versionId?: string
  /** Requests in flight. @default by the preset, 16 for large objects */
  readonly concurrency?: number
  /** Bytes of a part. @default by the preset */
  readonly partSize?: number
  /** How parts are planned. @default 'millrace' */
  readonly preset?: PlanningPresetName | PlanningPreset
  /** Whether the bytes are checked against what the store knows of them. @default true */
  readonly verify?: boolean
  /** Retries of one part without a byte of progress, and their pauses. @default as withRetry */
  readonly retry?: RetryOptions
  /** Called at most every {@link PROGRESS_INTERVAL_MS}, and at the end. */
  readonly onProgress?: (progress: Progress) => void
  readonly onEvent?: (event: TransferEvent) => void
  readonly signal?: AbortSignal
}

/** @internal Throws at the call. */
export function checkTransferOptions(options: TransferOptions): void {
  checkWhole('concurrency', options.concurrency, 1)
  checkWhole('partSize', options.partSize, 1)
}
