/** An access key and its secret, as AWS hands them out. */
export interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  /** Present with temporary credentials only; travels as `x-amz-security-token`. */
  readonly sessionToken?: string | undefined
}

/** What a signature is good for: one day, one region, one service. */
export interface CredentialScope {
  /** `yyyymmdd` in UTC. */
  readonly date: string
  readonly region: string
  readonly service: string
}

/** The last part of every credential scope. */
export const TERMINATOR = 'aws4_request'

/** The scope in the form that is signed: `20130524/us-east-1/s3/aws4_request`. */
export function formatScope(scope: CredentialScope): string {
  return `${scope.date}/${scope.region}/${scope.service}/${TERMINATOR}`
}
