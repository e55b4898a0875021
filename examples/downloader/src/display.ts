import type { Progress } from '@millrace/range-engine'
import { Presets, SingleBar } from 'cli-progress'

/** Milliseconds between two lines where there is no terminal. */
const LINE_INTERVAL_MS = 5000

/** Shows how far it is. */
export interface Display {
  readonly update: (progress: Progress) => void
  readonly note: (text: string) => void
  /** Leaves the terminal as it was. */
  readonly stop: () => void
}

/** Where a display writes. */
export interface Output {
  write(text: string): unknown
  readonly isTTY?: boolean
}

const SILENT: Display = { update() {}, note() {}, stop() {} }

/** A bar on a terminal, a line now and then elsewhere, nothing when it is to be quiet. */
export function createDisplay(label: string, output: Output, quiet: boolean): Display {
  if (quiet) return SILENT
  return output.isTTY === true ? createBar(label, output) : createLines(label, output)
}

function createBar(label: string, output: Output): Display {
  const name = label.slice(label.lastIndexOf('/') + 1) || label
  const bar = new SingleBar(
    {
      format: `${printable(name)} {bar} {percent} | {done} of {all} | {speed} | {left} left`,
      stream: output as NodeJS.WritableStream,
      hideCursor: true,
      fps: 8,
      barsize: 24,
      emptyOnZero: false,
      gracefulExit: false,
      linewrap: false,
    },
    Presets.shades_classic,
  )
  let started = false
  return {
    update(progress) {
      const payload = {
        percent: `${Math.floor(portion(progress) * 100)}%`,
        done: bytesText(progress.bytes),
        all: bytesText(progress.size),
        speed: rateText(progress.rate),
        left: leftText(progress),
      }
      if (started) bar.update(progress.bytes, payload)
      else bar.start(progress.size, progress.bytes, payload)
      started = true
    },
    note(text) {
      if (started) bar.stop()
      started = false
      output.write(`${text}\n`)
    },
    stop() {
      if (started) bar.stop()
      started = false
    },
  }
}

function createLines(label: string, output: Output): Display {
  let last = 0
  let announced = false
  return {
    update(progress) {
      const now = Date.now()
      if (!announced) {
        announced = true
        last = now
        output.write(`Downloading ${printable(label)} (${bytesText(progress.size)})\n`)
      }
      if (now - last < LINE_INTERVAL_MS) return
      last = now
      output.write(
        `${Math.floor(portion(progress) * 100)}%, ${bytesText(progress.bytes)} of ${bytesText(progress.size)}, ` +
          `${rateText(progress.rate)}, ${leftText(progress)} left\n`,
      )
    },
    note(text) {
      output.write(`${text}\n`)
    },
    stop() {},
  }
}

function portion({ bytes, size }: Progress): number {
  return size === 0 ? 1 : Math.min(1, bytes / size)
}

/** Keys may hold escape sequences; a terminal obeys them. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '\uFFFD')
}

/** Bytes for people, in powers of 1000 as disks and networks are sold. */
export function bytesText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let value = bytes
  let unit = 0
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${unit === 0 ? value : value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} ${units[unit]}`
}

export function rateText(rate: number): string {
  return rate > 0 ? `${bytesText(Math.round(rate))}/s` : '- /s'
}

function leftText({ bytes, size, rate }: Progress): string {
  return rate > 0 ? durationText((size - bytes) / rate) : '-:--'
}

/** Seconds as 0:07, 12:30 or 3:04:05. */
export function durationText(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  const hours = Math.floor(whole / 3600)
  const minutes = Math.floor((whole % 3600) / 60)
  const two = (value: number): string => String(value).padStart(2, '0')
  const tail = two(whole % 60)
  return hours > 0 ? `${hours}:${two(minutes)}:${tail}` : `${minutes}:${tail}`
}
