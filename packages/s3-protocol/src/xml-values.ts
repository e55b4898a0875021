import type { S3_XML, XmlShapeName } from './xml-schema.ts'

/** The namespace of S3's documents, unchanged since 2006. */
export const S3_NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/'

/** One element of a shape: `type` is a scalar or the name of another shape. */
export interface XmlField {
  readonly type: string
  /** Refused when missing. @default false */
  readonly required?: true
  /** May occur again and again, one element each. @default false */
  readonly list?: true
  /** Most elements of a list that are accepted. @default no more than the document's nodes */
  readonly max?: number
  /** Percent-encoded where the client asked for `encoding-type=url`. @default false */
  readonly url?: true
  /** Not an element but the text of the shape itself. @default false */
  readonly text?: true
  /** Attributes that are written with it. @default none */
  readonly attributes?: string
}

interface Scalars {
  readonly string: string
  /** A string that is written within quotes. */
  readonly etag: string
  readonly integer: number
  readonly boolean: boolean
  readonly timestamp: Date
}

type TypeOf<T> = T extends keyof Scalars ? Scalars[T] : T extends XmlShapeName ? XmlValue<T> : never
type FieldOf<F> = F extends { readonly type: infer T }
  ? F extends { readonly list: true }
    ? readonly TypeOf<T>[]
    : TypeOf<T>
  : never
type Shape<N extends XmlShapeName> = (typeof S3_XML)[N]
type RequiredKeys<S> = {
  [K in keyof S]: S[K] extends { readonly required: true } ? K : never
}[keyof S]

/** A document as parsed: lists as arrays, what is not required possibly undefined. */
export type XmlValue<N extends XmlShapeName> = {
  readonly [K in RequiredKeys<Shape<N>>]: FieldOf<Shape<N>[K]>
} & {
  readonly [K in Exclude<keyof Shape<N>, RequiredKeys<Shape<N>>>]?: FieldOf<Shape<N>[K]> | undefined
}

type Written<T> = T extends readonly (infer E)[] ? Iterable<E> | AsyncIterable<E> : T

/**
 * A document to be written: lists may be any iterables, and any element may be a function, called when it is its turn (so
 * that it may tell what the list before it has come to).
 */
export type XmlSource<N extends XmlShapeName> = {
  readonly [K in keyof XmlValue<N>]: Written<XmlValue<N>[K]> | (() => Written<XmlValue<N>[K]>)
}
