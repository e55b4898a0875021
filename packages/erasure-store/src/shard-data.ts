import type { ByteSource } from '@millrace/byte-streams'
import type { Algorithm } from '@millrace/checksums'
import type { BodySummary } from '@millrace/object-store'
import type { LeaseStream } from '@millrace/pooled-buffers'
import type { ByteRange } from '@millrace/range-planner'
import type { Generation } from './generation.ts'
import type { DataRecord } from './records.ts'
import type { Volume } from './volume.ts'

/** What shard files say about where their bytes belong. */
export interface ShardNames {
  readonly bucket: string
  readonly key: string
  readonly versionId: string
}

/** A body that is on the volumes, durable, but of which no record speaks yet. */
export interface WrittenData {
  readonly record: DataRecord
  readonly summary: BodySummary
  /** The volumes that hold an undamaged shard: the record goes to these. */
  readonly volumes: readonly Volume[]
}

/** An open reader of one generation's bytes. */
export interface DataReader extends AsyncDisposable {
  readonly body: LeaseStream
}

/** Bytes to shard files and back. Knows nothing of keys, versions or records. */
export interface ShardData {
  /**
   * Reads the body once and lays it on the volumes. When it rejects, no file is left.
   *
   * @throws {ObjectStoreError} `UNAVAILABLE` when fewer volumes than the write quorum took it
   */
  write(
    body: ByteSource,
    names: ShardNames,
    options: {
      readonly generation: Generation
      readonly digests: readonly Algorithm[]
      readonly size?: number | undefined
      readonly signal?: AbortSignal | undefined
    },
  ): Promise<WrittenData>
  /** Opens the shard files, so that they outlive an overwrite; reads begin when the body is iterated. */
  read(
    data: DataRecord,
    range: ByteRange,
    options: { readonly signal?: AbortSignal | undefined },
  ): Promise<DataReader>
  /** Removes a generation's shard files once nobody reads them. */
  discard(generation: Generation): void
  /** Keeps a generation's files until the returned function is called. */
  pin(generation: Generation): () => void
  /** Resolves when what was discarded is gone. */
  settled(): Promise<void>
}
