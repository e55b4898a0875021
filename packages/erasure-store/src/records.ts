import type { MultipartOptions, ObjectHeaders, StoredChecksum } from '@millrace/object-store'
import type { Generation } from './generation.ts'

/** Bytes on the volumes: one generation's shard files. */
export interface DataRecord {
  readonly generation: Generation
  readonly size: number
  /** `k+m` */
  readonly scheme: string
  /** Bytes of one shard chunk. */
  readonly unit: number
  /** Shard i lies on the volume at place `(i + rotation) mod n`. */
  readonly rotation: number
}

/** What every record has: its generation. A tombstone hides all older ones. */
interface Generational {
  readonly generation: Generation
}

export interface TombstoneRecord extends Generational {
  readonly kind: 'tombstone'
}

export interface BucketRecord extends Generational {
  readonly kind: 'bucket'
  readonly name: string
  readonly created: number
  readonly owner?: string
}

export interface DocumentRecord extends Generational {
  readonly kind: 'document'
  readonly text: string
}

export interface ObjectRecord extends Generational {
  readonly kind: 'object'
  readonly versionId: string
  readonly size: number
  readonly etag: string
  readonly modified: number
  readonly headers: ObjectHeaders
  readonly metadata: Readonly<Record<string, string>>
  readonly checksums: readonly StoredChecksum[]
  readonly owner?: string
  /** Of a single PUT. An object that came in parts has a `PartListRecord` of its generation instead. */
  readonly data?: DataRecord
  /** Set for an object that came in parts: the upload, so that completing twice is answered alike. */
  readonly uploadId?: string
  readonly partSizes?: readonly number[]
}

export interface PartListRecord extends Generational {
  readonly kind: 'parts'
  readonly parts: readonly DataRecord[]
}

export interface UploadRecord extends Generational {
  readonly kind: 'upload'
  readonly initiated: number
  readonly options: Omit<MultipartOptions, 'signal'>
}

export interface PartRecord extends Generational {
  readonly kind: 'part'
  readonly partNumber: number
  readonly etag: string
  readonly modified: number
  readonly checksums: readonly StoredChecksum[]
  readonly data: DataRecord
}

/** The generations of data that a record answers for. */
export function dataOf(record: StoredRecord): readonly Generation[] {
  switch (record.kind) {
    case 'object':
      return record.data === undefined ? [] : [record.data.generation]
    case 'part':
      return [record.data.generation]
    case 'parts':
      return record.parts.map((part) => part.generation)
    default:
      return []
  }
}

export type StoredRecord =
  | TombstoneRecord
  | BucketRecord
  | DocumentRecord
  | ObjectRecord
  | PartListRecord
  | UploadRecord
  | PartRecord
