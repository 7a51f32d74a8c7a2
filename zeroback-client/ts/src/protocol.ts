/**
 * The wire, as PROTOCOL.md has it: the messages, their encoding, and the parsing that lets nothing
 * else through.
 */

import { type JsonObject, revive } from "./values.js";

export const PROTOCOL_VERSION: number = 1;
export const PING: string = "ping";
export const PONG: string = "pong";

/** What a server allows by default, until its `connected` message tells its own limits. */
export const LIMITS_DEFAULT: Limits = { messageBytesMax: 4 * 1024 * 1024, unacknowledgedBytesMax: 1024 * 1024 };

export type QueryId = number;
export type RequestId = number;
/** Epoch and counter. */
export type Version = readonly [number, number];
/** The server's name for a result: equal results of a database have equal tags. */
export type Tag = string;

export interface Connect {
  readonly type: "connect";
  readonly protocol: number;
}

export interface QueryToAdd {
  readonly queryId: QueryId;
  readonly path: string;
  readonly args: JsonObject;
  /** That of the result that the client holds. */
  readonly tag?: Tag | undefined;
}

export interface QuerySetChange {
  readonly type: "querySet";
  /** What the transition has that follows; the numbers of a connection go up. */
  readonly set?: number | undefined;
  readonly add?: readonly QueryToAdd[] | undefined;
  readonly remove?: readonly QueryId[] | undefined;
}

export interface Call {
  readonly type: "query" | "mutation" | "action";
  readonly requestId: RequestId;
  readonly path: string;
  readonly args: JsonObject;
}

/**
 * A call as it is sent. That of a mutation has its place in a queue, so that it is made once; that of an action
 * has an id, so that it runs once.
 */
export interface PlacedCall extends Call {
  readonly callId?: string | undefined;
  readonly queue?: string;
  readonly sequence?: number;
  /** The sequence up to which all answers have come. */
  readonly ackedThrough?: number | undefined;
  /** Whether the server may have made it, and forgotten that since. */
  readonly attempted?: true | undefined;
}

export interface Ack {
  readonly type: "ack";
  /** How many transitions of this connection have been taken in. */
  readonly transitions: number;
}

/** Says who is at this end: a token, or nobody. */
export interface Authenticate {
  readonly type: "authenticate";
  readonly token: string | null;
}

export type ClientMessage = Connect | QuerySetChange | PlacedCall | Authenticate | Ack;

export interface WireError {
  readonly errorCode: string;
  readonly errorMessage: string;
  readonly errorData?: unknown;
  /** The server has made nothing of a mutation or an action, and recorded nothing: the same is to be sent again. */
  readonly resend?: boolean | undefined;
  /** Under what the server's log has it. */
  readonly errorRequestId?: string | undefined;
}

export type Outcome =
  | { readonly status: "success"; readonly value: unknown }
  | ({ readonly status: "error" } & WireError);

export type Answer = Outcome & { readonly requestId: RequestId };

/** A whole result. */
export type Whole = Outcome & { readonly tag?: Tag | undefined };

/** What leads from the result with one tag to that with another. */
export interface Deltas {
  readonly status?: undefined;
  readonly base: Tag;
  readonly tag: Tag;
  /** To be applied one after another. */
  readonly deltas: readonly unknown[];
}

export type Update = Whole | Deltas;
export type QueryUpdate = Update & { readonly queryId: QueryId };

/** Those of the server's limits that a client has to know. */
export interface Limits {
  readonly messageBytesMax: number;
  readonly unacknowledgedBytesMax: number;
}

export interface Connected {
  readonly type: "connected";
  readonly limits: Limits;
  /** Whose the connection is by its cookie: a name of the server's for that person. */
  readonly identity: string | undefined;
}

export interface Transition {
  readonly type: "transition";
  readonly version: Version;
  /** That of the newest `querySet` of which everything has come. */
  readonly set: number | undefined;
  readonly answers: readonly Answer[];
  readonly queries: readonly QueryUpdate[];
}

/** The server has lost the requests in flight: they are to be sent again. */
export interface Resend {
  readonly type: "resend";
}

/** What became of a token. */
export type Authentication = { readonly type: "authentication" } & (
  | { readonly status: "accepted"; readonly expiresInMs: number | undefined; readonly identity: string | undefined }
  | ({ readonly status: "refused"; readonly identity?: undefined } & WireError)
  | { readonly status: "expired"; readonly identity?: undefined }
);

export interface ErrorMessage extends WireError {
  readonly type: "error";
  readonly requestId: RequestId | undefined;
}

/** A message of a newer server. */
export interface Unknown {
  readonly type: "unknown";
}

export type ServerMessage = Connected | Transition | Authentication | Resend | ErrorMessage | Unknown;

/** Encodes a message, whose fields are in the order in which PROTOCOL.md lists them. */
export function encodeClientMessage(message: ClientMessage): string {
  return JSON.stringify(message);
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
  const type = message["type"];
  switch (type) {
    case "connected":
      return { type, limits: limits(message), identity: identity(message) };
    case "transition":
      return {
        type,
        version: version(message["version"]),
        set: optional(message, "set", integer),
        answers: each(message, "answers", (fields, place) => ({
          requestId: required(fields, "requestId", integer, place),
          ...outcome(fields, place),
        })),
        queries: each(message, "queries", (fields, place) => ({
          queryId: required(fields, "queryId", integer, place),
          ...update(fields, place),
        })),
      };
    case "error":
      return { type, requestId: optional(message, "requestId", integer), ...wireError(message) };
    case "authentication":
      return authentication(message);
    case "resend":
      return { type };
    default:
      string(type, "type");
      return { type: "unknown" };
  }
}

type Fields = { readonly [key: string]: unknown };
type Read<T> = (value: unknown, place: string) => T;

function limits(message: Fields): Limits {
  if (message["protocol"] !== PROTOCOL_VERSION) expected(String(PROTOCOL_VERSION), "protocol");
  const told = optional(message, "limits", object) ?? {};
  const limit = (name: keyof Limits): number => optional(told, name, integer, "limits") ?? LIMITS_DEFAULT[name];
  return { messageBytesMax: limit("messageBytesMax"), unacknowledgedBytesMax: limit("unacknowledgedBytesMax") };
}

function authentication(message: Fields): Authentication {
  const type = "authentication";
  const { status } = message;
  switch (status) {
    case "accepted":
      return { type, status, expiresInMs: optional(message, "expiresInMs", integer), identity: identity(message) };
    case "refused":
      return { type, status, ...wireError(message) };
    case "expired":
      return { type, status };
    default:
      return expected('"accepted", "refused" or "expired"', "status");
  }
}

/** Reads who the server says is here, in a name that tells nobody who that is. */
function identity(message: Fields): string | undefined {
  return optional(message, "identity", string);
}

function update(fields: Fields, place: string): Update {
  if (fields["deltas"] === undefined) return { tag: optional(fields, "tag", string, place), ...outcome(fields, place) };
  return {
    base: required(fields, "base", string, place),
    tag: required(fields, "tag", string, place),
    deltas: required(fields, "deltas", list, place),
  };
}

function outcome(fields: Fields, place: string): Outcome {
  const { status, value } = fields;
  switch (status) {
    case "success":
      // A missing value would be taken for a result that has not come yet.
      if (!("value" in fields)) expected("a value", `${place}.value`);
      return { status, value };
    case "error":
      return { status, ...wireError(fields, place) };
    default:
      return expected('"success" or "error"', `${place}.status`);
  }
}

function wireError(fields: Fields, place = "message"): WireError {
  return {
    errorCode: required(fields, "errorCode", string, place),
    errorMessage: required(fields, "errorMessage", string, place),
    errorData: fields["errorData"],
    resend: fields["resend"] === true || undefined,
    errorRequestId: optional(fields, "errorRequestId", string, place),
  };
}

/** Reads the objects of a list. */
function each<T>(fields: Fields, name: string, read: (fields: Fields, place: string) => T): readonly T[] {
  return list(fields[name], name).map((entry, index) => {
    const place = `${name}[${index}]`;
    return read(object(entry, place), place);
  });
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

function string(value: unknown, place: string): string {
  return typeof value === "string" ? value : expected("a string", place);
}

function required<T>(fields: Fields, name: string, read: Read<T>, place = "message"): T {
  return read(fields[name], `${place}.${name}`);
}

/** Reads what need not be there. */
function optional<T>(fields: Fields, name: string, read: Read<T>, place?: string): T | undefined {
  return fields[name] === undefined ? undefined : required(fields, name, read, place);
}

function expected(what: string, place: string): never {
  throw new Error(`${place}: expected ${what}`);
}
