/** What goes wrong, as programs see it: a code to branch on, and what the function's author added. */

import type { WireError } from "./protocol.js";

/** The codes that the server and the client themselves give. A function's own errors add to them. */
export type SystemErrorCode =
  | "array_too_long"
  | "bad_args"
  | "bad_cursor"
  | "bad_message"
  | "body_too_large"
  | "client_closed"
  | "conflict"
  | "document_too_deep"
  | "document_too_large"
  | "duplicate_id"
  | "email_taken"
  | "export_too_large"
  | "fetch_failed"
  | "fetch_timeout"
  | "forbidden"
  | "function_not_found"
  | "import_failed"
  | "import_too_large"
  | "internal"
  | "invalid"
  | "invalid_token"
  | "key_reused"
  | "limit_exceeded"
  | "message_too_large"
  | "migrating"
  | "not_connected"
  | "not_found"
  | "out_of_order"
  | "outcome_unknown"
  | "rate_limited"
  | "result_too_large"
  | "schema_conflict"
  | "token_expired"
  | "too_many_jobs"
  | "too_many_queries"
  | "unauthenticated"
  | "unavailable"
  | "unique_violation"
  | "unsupported_protocol"
  | "wrong_credentials"
  | "wrong_kind";

/** An error as a function's type tells it: in `api.ts`, a function's `Err` is one of these or a union of them. */
export interface FunctionErrorShape {
  readonly code: string;
  readonly data?: unknown;
}

/** What any function can fail with, also one that has no error type of its own. */
export interface ZerobackSystemError extends FunctionErrorShape {
  readonly code: SystemErrorCode;
}

/**
 * A refused or failed call.
 *
 * `code` is for programs and `message` is for people. `data` is what the function's author attached.
 * `requestId` names the request in the server's log; an error of the client's own has none.
 */
export class ZerobackError<Code extends string = string, Data = unknown> extends Error {
  override readonly name: string = "ZerobackError";
  readonly code: Code;
  readonly data: Data;
  readonly requestId: string | undefined;

  constructor(code: Code, message: string, data: Data, requestId?: string) {
    super(message);
    this.code = code;
    this.data = data;
    this.requestId = requestId;
  }
}

/** Makes the error of what the server has said. */
export function errorOf({ errorCode, errorMessage, errorData, errorRequestId }: WireError): ZerobackError {
  return new ZerobackError(errorCode, errorMessage, errorData, errorRequestId);
}

/**
 * The `ZerobackError` of a function whose error type is `Err`: a union with one member per code, so
 * that a test of `error.code` tells the type of `error.data`.
 */
export type ErrorFor<Err> = [Err] extends [FunctionErrorShape] ? EachError<Err> : ZerobackError;

type EachError<Err> = Err extends FunctionErrorShape ? ZerobackError<Err["code"], Err["data"]> : never;
