/**
 * The wire, as PROTOCOL.md has it: the messages, their encoding, and the parsing that lets nothing
 * else through.
 */

import { type JsonObject, revive } from "./values.js";

export const PROTOCOL_VERSION = 1;
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
  readonly protocol: typeof PROTOCOL_VERSION;
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
export type Authentication = Accepted | Refused | Expired;

interface Accepted {
  readonly type: "authentication";
  readonly status: "accepted";
  readonly expiresInMs: number | undefined;
  readonly identity: string | undefined;
}

interface Refused extends WireError {
  readonly type: "authentication";
  readonly status: "refused";
  readonly identity?: undefined;
}

interface Expired {
  readonly type: "authentication";
  readonly status: "expired";
  readonly identity?: undefined;
}

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
  const message = text.includes('"$') ? revive(json) : json;
  const read = readOf(SERVER_MESSAGES, string(object(message, PLACE)["type"], `${PLACE}.type`));
  return read?.(message, PLACE) ?? { type: "unknown" };
}

const PLACE = "message";

/** Returns what a value is, if it is what it should be. */
type Read<T> = (value: unknown, place: string) => T;
/** The fields of an object, each with what it should be. */
type Shape<T> = { readonly [Name in keyof T]-?: Read<T[Name]> };

/** Reads an object that has these fields, and may have others. */
function record<T>(shape: Shape<T>): Read<T> {
  const reads = Object.entries(shape) as Array<[string, Read<unknown>]>;
  return (value, place) => {
    const fields = object(value, place);
    return Object.fromEntries(reads.map(([name, read]) => [name, read(fields[name], `${place}.${name}`)])) as T;
  };
}

/** Reads an object, each status of which has fields of its own. */
function byStatus<T>(reads: { readonly [status: string]: Read<T> }): Read<T> {
  return (value, place) => {
    const read = readOf(reads, object(value, place)["status"]);
    return read ? read(value, place) : expected(`one of ${Object.keys(reads)}`, `${place}.status`);
  };
}

function readOf<T>(reads: { readonly [name: string]: Read<T> }, name: unknown): Read<T> | undefined {
  return Object.hasOwn(reads, name as string) ? reads[name as string] : undefined;
}

/** Reads a list; a missing one is empty. */
function list<T>(read: Read<T>): Read<readonly T[]> {
  return (value = [], place) =>
    Array.isArray(value) ? value.map((entry, index) => read(entry, `${place}[${index}]`)) : expected("a list", place);
}

/** Reads what need not be there. */
function optional<T, Otherwise = undefined>(read: Read<T>, otherwise?: Otherwise): Read<T | Otherwise> {
  return (value, place) => (value === undefined ? (otherwise as Otherwise) : read(value, place));
}

function object(value: unknown, place: string): { readonly [name: string]: unknown } {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return expected("an object", place);
  return value as { readonly [name: string]: unknown };
}

function integer(value: unknown, place: string): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  return expected("an integer from 0 to 2^53 - 1", place);
}

function string(value: unknown, place: string): string {
  return typeof value === "string" ? value : expected("a string", place);
}

function anything(value: unknown): unknown {
  return value;
}

/** What says how the rest is read was looked at for that. */
const checked = anything as (value: unknown) => never;

/** A missing value would be taken for a result that has not come yet. */
function something(value: unknown, place: string): unknown {
  return value === undefined ? expected("a value", place) : value;
}

function version(value: unknown, place: string): Version {
  const [epoch, counter, ...rest] = list(anything)(value, place);
  if (rest.length > 0) expected("two integers", place);
  return [integer(epoch, `${place}[0]`), integer(counter, `${place}[1]`)];
}

function expected(what: string, place: string): never {
  throw new Error(`${place}: expected ${what}`);
}

const WIRE_ERROR: Shape<WireError> = {
  errorCode: string,
  errorMessage: string,
  errorData: anything,
  resend: (value) => value === true || undefined,
  errorRequestId: optional(string),
};

/** Reads an outcome that stands with other fields. */
function outcome<T>(others: Shape<T>): Read<Outcome & T> {
  return byStatus<unknown>({
    success: record({ ...others, status: checked, value: something }),
    error: record({ ...others, status: checked, ...WIRE_ERROR }),
  }) as Read<Outcome & T>;
}

const whole = outcome<{ readonly queryId: QueryId; readonly tag?: Tag | undefined }>({ queryId: integer, tag: optional(string) });
const deltas = record<Deltas & { readonly queryId: QueryId }>({
  queryId: integer,
  status: checked,
  base: string,
  tag: string,
  deltas: list(anything),
});

const SERVER_MESSAGES: { readonly [type: string]: Read<ServerMessage> } = {
  connected: record<Connected>({
    type: checked,
    protocol: (value, place) => (value === PROTOCOL_VERSION ? value : expected(String(PROTOCOL_VERSION), place)),
    limits: optional(
      record({
        messageBytesMax: optional(integer, LIMITS_DEFAULT.messageBytesMax),
        unacknowledgedBytesMax: optional(integer, LIMITS_DEFAULT.unacknowledgedBytesMax),
      }),
      LIMITS_DEFAULT,
    ),
    identity: optional(string),
  }),
  transition: record<Transition>({
    type: checked,
    version,
    set: optional(integer),
    answers: list(outcome({ requestId: integer })),
    queries: list((value, place) => (object(value, place)["deltas"] === undefined ? whole : deltas)(value, place)),
  }),
  authentication: byStatus<Authentication>({
    accepted: record<Accepted>({
      type: checked,
      status: checked,
      expiresInMs: optional(integer),
      identity: optional(string),
    }),
    refused: record<Omit<Refused, "identity">>({ type: checked, status: checked, ...WIRE_ERROR }),
    expired: record<Omit<Expired, "identity">>({ type: checked, status: checked }),
  }),
  resend: record<Resend>({ type: checked }),
  error: record<ErrorMessage>({ type: checked, requestId: optional(integer), ...WIRE_ERROR }),
};
