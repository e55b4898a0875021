/** What the backends that speak HTTP share: sending a request, reading its body, checking what it answers. */
export {
  type AnsweredBody,
  checkBodyAnswer,
  conditionHeaders,
  infoOfHeaders,
  quoteEtag,
  rangeHeader,
  unquoteEtag,
} from './http/answers.ts'
export { DEFAULT_HIGH_WATER_MARK, type HttpBody, readErrorBody } from './http/body.ts'
export {
  DEFAULT_BODY_TIMEOUT_MS,
  DEFAULT_HEADERS_TIMEOUT_MS,
  type HttpAnswer,
  type HttpController,
  type HttpDispatcher,
  type HttpDispatchHandler,
  type HttpDispatchOptions,
  type HttpRequest,
  sendRequest,
} from './http/send-request.ts'
