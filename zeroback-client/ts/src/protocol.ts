/**
 * The wire, as PROTOCOL.md has it: the messages, their encoding, and the parsing that lets nothing
 * else through.
 */

import { type JsonObject, revive } from "./values.js";

export const PROTOCOL_VERSION: number = 1;
export const PING: string = "ping";
export const PONG: string = "pong";

/** What a server allows by default, until its `connected` message tells its own limit. */
export const MESSAGE_BYTES_MAX_DEFAULT: number = 4 * 1024 * 1024;

export type QueryId = number;
export type RequestId = number;
/** Epoch and counter. */
export type Version = readonly [number, number];

export interface Connect {
  readonly type: "connect";
  readonly protocol: number;
}

export interface QueryToAdd {
  readonly queryId: QueryId;
  readonly path: string;
  readonly args: JsonObject;
}

export interface QuerySetChange {
  readonly type: "querySet";
  readonly add: readonly QueryToAdd[];
  readonly remove: readonly QueryId[];
}

export interface Call {
  readonly type: "query" | "mutation";
  readonly requestId: RequestId;
  readonly path: string;
  readonly args: JsonObject;
}

export type ClientMessage = Connect | QuerySetChange | Call;

export interface WireError {
  readonly errorCode: string;
  readonly errorMessage: string;
  readonly errorData?: unknown;
}

export type Outcome =
  | { readonly status: "success"; readonly value: unknown }
  | ({ readonly status: "error" } & WireError);

export type Answer = Outcome & { readonly requestId: RequestId };
export type QueryResult = Outcome & { readonly queryId: QueryId };

export interface Connected {
  readonly type: "connected";
  readonly messageBytesMax: number;
}

export interface Transition {
  readonly type: "transition";
  readonly version: Version;
  readonly answers: readonly Answer[];
  readonly queries: readonly QueryResult[];
}

export interface ErrorMessage extends WireError {
  readonly type: "error";
  readonly requestId: RequestId | undefined;
}

/** A message of a newer server. */
export interface Unknown {
  readonly type: "unknown";
}

export type ServerMessage = Connected | Transition | ErrorMessage | Unknown;

/** Encodes a message, its fields in the order in which PROTOCOL.md lists them, empty lists left out. */
export function encodeClientMessage(message: ClientMessage): string {
  switch (message.type) {
    case "connect":
      return JSON.stringify({ type: message.type, protocol: message.protocol });
    case "querySet":
      return JSON.stringify({
        type: message.type,
        ...(message.add.length > 0 && {
          add: message.add.map(({ queryId, path, args }) => ({ queryId, path, args })),
        }),
        ...(message.remove.length > 0 && { remove: message.remove }),
      });
    case "query":
    case "mutation":
      return JSON.stringify({
        type: message.type,
        requestId: message.requestId,
        path: message.path,
        args: message.args,
      });
  }
}

/**
 * Parses a message of the server. Fields and types that a newer server may have are ignored.
 *
 * Throws an `Error` that tells what was expected where.
 */
export function decodeServerMessage(text: string): ServerMessage {
  const json: unknown = JSON.parse(text);
  // Nearly all messages are JSON and nothing else, and need no walk through their values.
  const message = object(text.includes('"$') ? revive(json) : json, "message");
  switch (message["type"]) {
    case "connected":
      return decodeConnected(message);
    case "transition":
      return {
        type: "transition",
        version: version(message["version"]),
        answers: list(message["answers"], "answers").map((answer, index) => {
          const fields = object(answer, `answers[${index}]`);
          return {
            requestId: integer(fields["requestId"], `answers[${index}].requestId`),
            ...outcome(fields, `answers[${index}]`),
          };
        }),
        queries: list(message["queries"], "queries").map((query, index) => {
          const fields = object(query, `queries[${index}]`);
          return {
            queryId: integer(fields["queryId"], `queries[${index}].queryId`),
            ...outcome(fields, `queries[${index}]`),
          };
        }),
      };
    case "error":
      return {
        type: "error",
        requestId: message["requestId"] === undefined ? undefined : integer(message["requestId"], "requestId"),
        ...wireError(message, "message"),
      };
    default:
      if (typeof message["type"] !== "string") expected("a string", "type");
      return { type: "unknown" };
  }
}

type Fields = { readonly [key: string]: unknown };

function decodeConnected(message: Fields): Connected {
  if (message["protocol"] !== PROTOCOL_VERSION) expected(String(PROTOCOL_VERSION), "protocol");
  const limits = message["limits"] === undefined ? {} : object(message["limits"], "limits");
  const messageBytesMax = limits["messageBytesMax"];
  return {
    type: "connected",
    messageBytesMax:
      messageBytesMax === undefined ? MESSAGE_BYTES_MAX_DEFAULT : integer(messageBytesMax, "limits.messageBytesMax"),
  };
}

function outcome(fields: Fields, place: string): Outcome {
  switch (fields["status"]) {
    case "success":
      // A missing value would be taken for a result that has not come yet.
      if (!("value" in fields)) expected("a value", `${place}.value`);
      return { status: "success", value: fields["value"] };
    case "error":
      return { status: "error", ...wireError(fields, place) };
    default:
      return expected('"success" or "error"', `${place}.status`);
  }
}

function wireError(fields: Fields, place: string): WireError {
  const { errorCode, errorMessage, errorData } = fields;
  if (typeof errorCode !== "string") return expected("a string", `${place}.errorCode`);
  if (typeof errorMessage !== "string") return expected("a string", `${place}.errorMessage`);
  return { errorCode, errorMessage, errorData };
}

function version(value: unknown): Version {
  const [epoch, counter, ...rest] = list(value, "version");
  if (rest.length > 0) expected("two integers", "version");
  return [integer(epoch, "version[0]"), integer(counter, "version[1]")];
}

function object(value: unknown, place: string): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return expected("an object", place);
  return value as Fields;
}

function list(value: unknown, place: string): readonly unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : expected("a list", place);
}

function integer(value: unknown, place: string): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  return expected("an integer from 0 to 2^53 - 1", place);
}

function expected(what: string, place: string): never {
  throw new Error(`${place}: expected ${what}`);
}
