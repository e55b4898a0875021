import { createWriteStream } from 'node:fs'
import { availableParallelism } from 'node:os'
import type { Writable } from 'node:stream'
import { writeTo } from '@millrace/byte-streams/node'
import type { ObjectInfo } from '@millrace/object-store'
import {
  downloadToFile,
  openObjectStream,
  type TransferEvent,
  type TransferOptions,
} from '@millrace/range-engine'
import { openWorkerLanes, type WorkerLanes } from '@millrace/worker-lanes'
import { findAccount } from './credentials.ts'
import { describeError } from './describe-error.ts'
import { type Destination, findDestination } from './destination.ts'
import { bytesText, createDisplay, type Output, printable, rateText } from './display.ts'
import { CliError, EXIT } from './exit-codes.ts'
import { openSource, type Source } from './source.ts'

/** Objects below this, in bytes, are not worth starting threads for. */
const THREADS_FROM: number = 32 * 1024 * 1024

/** Bytes of the memory that parts are gathered in, for each request. */
const SLOT: number = 1024 * 1024

/** The options of `millrace get`, as the command line gives them. */
export interface GetOptions {
  readonly endpoint?: string
  readonly region?: string
  readonly accessKey?: string
  readonly secretKey?: string
  readonly profile?: string
  readonly versionId?: string
  readonly concurrency?: number
  readonly partSize?: number
  readonly threads?: number
  readonly verify: boolean
  readonly quiet: boolean
  readonly json: boolean
  readonly force: boolean
}

/** What a run of the program has around it. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdout: Writable
  readonly stderr: Output
  readonly signal: AbortSignal
}

interface Outcome {
  readonly info: ObjectInfo
  readonly path: string
  readonly verified: string | undefined
}

/**
 * Runs `millrace get`.
 *
 * @returns the exit code, when everything is said and cleaned up
 */
export async function runGet(
  sourceText: string,
  dest: string | undefined,
  options: GetOptions,
  around: Surroundings,
): Promise<number> {
  const { stdout, stderr, signal } = around
  let label = sourceText
  let place = dest ?? '.'
  let anonymous = false
  try {
    if (options.json && dest === '-') {
      throw new CliError(
        EXIT.usage,
        '--json and DEST "-" both want the standard output: choose one',
      )
    }
    const account = await findAccount(options, around.env)
    anonymous = account.keys === undefined
    await using source = openSource(sourceText, account)
    label = printable(source.label)
    const destination = await findDestination(dest, source.name)
    if (destination.kind !== 'stdout') place = destination.path
    const display = createDisplay(label, stderr, options.quiet || options.json)
    const notes = notesOf(display.note)
    const began = performance.now()
    let outcome: Outcome
    try {
      outcome = await transfer(source, destination, options, {
        ...around,
        transfer: {
          onProgress: display.update,
          onEvent: notes,
          ...transferOptions(options, signal),
        },
      })
    } finally {
      display.stop()
    }
    const seconds = (performance.now() - began) / 1000
    if (options.json) stdout.write(`${JSON.stringify(jsonOf(outcome, seconds))}\n`)
    else if (!options.quiet) stderr.write(`${sentenceOf(outcome, seconds)}\n`)
    return EXIT.ok
  } catch (error) {
    if (signal.aborted && error === signal.reason) {
      stderr.write('Stopped; nothing was kept\n')
      return (signal.reason as { exitCode?: number }).exitCode ?? EXIT.interrupted
    }
    const { exitCode, message, code } = describeError(error, { label, anonymous, dest: place })
    if (options.json) stdout.write(`${JSON.stringify({ error: { code, message, exitCode } })}\n`)
    stderr.write(`millrace: ${printable(message)}\n`)
    return exitCode
  }
}

function transferOptions(options: GetOptions, signal: AbortSignal): TransferOptions {
  const { versionId, concurrency, partSize, verify } = options
  return {
    verify,
    signal,
    ...(versionId === undefined ? {} : { versionId }),
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(partSize === undefined ? {} : { partSize }),
  }
}

async function transfer(
  { store, key }: Source,
  destination: Destination,
  options: GetOptions,
  around: Surroundings & { readonly transfer: TransferOptions },
): Promise<Outcome> {
  if (destination.kind === 'file') {
    let lanes: WorkerLanes | undefined
    try {
      return await downloadToFile(store, key, destination.path, {
        ...around.transfer,
        mode: options.force ? 'replace' : 'create',
        lanes: ({ size }) => {
          lanes ??= size < THREADS_FROM ? undefined : openLanes(options)
          return lanes
        },
      })
    } finally {
      await lanes?.close()
    }
  }
  await using stream = await openObjectStream(store, key, around.transfer)
  const { signal } = around
  const target = destination.kind === 'stdout' ? around.stdout : createWriteStream(destination.path)
  await writeTo(target, { signal, end: destination.kind !== 'stdout' })(stream)
  return {
    info: stream.info,
    path: destination.kind === 'stdout' ? '-' : destination.path,
    verified: stream.verifiedBy,
  }
}

function openLanes({
  threads = Math.min(2, availableParallelism()),
  concurrency = 16,
}: GetOptions): WorkerLanes | undefined {
  if (threads === 0) return undefined
  return openWorkerLanes({
    scheme: { k: 1, m: 0 },
    unit: SLOT,
    slots: Math.min(2 * concurrency, 64) + 2,
    threads,
  })
}

function notesOf(note: (text: string) => void): (event: TransferEvent) => void {
  return (event) => {
    switch (event.type) {
      case 'retry':
        note(
          `Trying again from byte ${event.position}: ${printable((event.error as Error).message)}`,
        )
        break
      case 'restart':
        note('The object changed or the connection broke for good: beginning anew')
        break
      case 'one-stream':
        note('The server sends the object in one piece only: no parallel requests, no resuming')
        break
      case 'unverified':
        break
    }
  }
}

function jsonOf({ info, path, verified }: Outcome, seconds: number): object {
  return {
    path,
    key: info.key,
    bytes: info.size,
    seconds: Number(seconds.toFixed(3)),
    bytesPerSecond: Math.round(info.size / seconds),
    etag: info.etag,
    versionId: info.versionId,
    verified: verified ?? null,
  }
}

function sentenceOf({ info, path, verified }: Outcome, seconds: number): string {
  const where = path === '-' ? 'Wrote' : 'Saved'
  const to = path === '-' ? '' : ` to ${printable(path)}`
  const proof =
    verified === undefined
      ? 'not verified: the server offers no checksum, or --no-verify was given'
      : `verified by ${verified}`
  return `${where} ${bytesText(info.size)}${to} in ${seconds.toFixed(1)} s (${rateText(info.size / seconds)}), ${proof}`
}
