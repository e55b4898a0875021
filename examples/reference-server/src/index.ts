export { type Credentials, type FoundCredentials, findCredentials } from './credentials.ts'
export {
  DEFAULT_HOST,
  DEFAULT_MEMORY,
  DEFAULT_PORT,
  DEFAULT_REGION,
  type ReferenceServer,
  type ReferenceServerOptions,
  startReferenceServer,
} from './server.ts'
