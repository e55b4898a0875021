#!/usr/bin/env -S node --initial-old-space-size=256
import { pino } from 'pino'
import { announce } from './announce.ts'
import { findCredentials } from './credentials.ts'
import { explainError } from './explain-error.ts'
import { parseOptions } from './options.ts'
import { startReferenceServer } from './server.ts'

const options = parseOptions(process.argv)
const log = pino({ level: options.logLevel }, pino.destination({ fd: 2, sync: true }))

try {
  const found = await findCredentials(options.data, process.env)
  const running = await startReferenceServer({
    ...options,
    credentials: found.credentials,
    onWarning: ({ directory, reason }) => log.warn({ volume: directory }, reason),
    onError: (error) => log.error(error),
  })
  let stopping = false
  const stop = (signal: NodeJS.Signals): void => {
    if (stopping) process.exit(130)
    stopping = true
    console.error(`${signal}: finishing what is under way; once more stops at once`)
    running.close().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error(error)
        process.exit(1)
      },
    )
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  console.log(
    announce({
      url: running.url,
      region: running.region,
      scheme: `${running.store.scheme.k}+${running.store.scheme.m}`,
      durability: running.store.durability,
      formatted: running.store.formatted,
      volumes: running.store.volumes(),
      found,
    }),
  )
} catch (error) {
  console.error(explainError(error, options))
  process.exit(1)
}
