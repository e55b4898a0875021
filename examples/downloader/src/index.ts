export { type Account, findAccount, type Keys, parseSections } from './credentials.ts'
export { describeError, type Description } from './describe-error.ts'
export { type Destination, findDestination, safeName } from './destination.ts'
export {
  bytesText,
  createDisplay,
  type Display,
  durationText,
  type Output,
  printable,
  rateText,
} from './display.ts'
export { CliError, EXIT } from './exit-codes.ts'
export { type GetOptions, runGet, type Surroundings } from './get.ts'
export { main } from './main.ts'
export { openSource, type Source } from './source.ts'
