/**
 * Values on the wire: what can be said as an argument and the one text that stands for it, and what
 * a result's JSON stands for.
 */

import { decodeBase64, encodeBase64 } from "./base64.js";
import { ZerobackError } from "./error.js";

/** A value on the wire. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/** The arguments of a call. */
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** How deeply the server lets lists and objects be nested, the arguments themselves counted. */
const DEPTH_MAX = 100;

/**
 * Returns what the arguments are in JSON, as a copy: equal arguments give one text, whatever the order of their
 * properties. Properties that are `undefined` are left out.
 *
 * Throws a `ZerobackError` with code `bad_args`, naming the place, for what cannot be said.
 */
export function jsonOf(args: object): JsonObject {
  return toJson(args, "args", DEPTH_MAX) as JsonObject;
}

/** Returns the one text of equal arguments. */
export function encodeArgs(args: object): string {
  return JSON.stringify(jsonOf(args));
}

/**
 * Returns what parsed JSON stands for, with a `bigint` for each `{"$bigint":…}` and a `Uint8Array` for
 * each `{"$bytes":…}`. Lists and objects are changed in place.
 */
export function revive(json: unknown): unknown {
  if (typeof json !== "object" || json === null) return json;
  if (!Array.isArray(json)) {
    const { $bigint, $bytes } = json as Record<string, unknown>;
    if (typeof $bigint === "string") return BigInt($bigint);
    if (typeof $bytes === "string") return decodeBase64($bytes);
  }
  const fields = json as Record<string, unknown>;
  for (const key of Object.keys(fields)) fields[key] = revive(fields[key]);
  return json;
}

function toJson(value: unknown, place: string, levelsLeft: number): JsonValue {
  switch (typeof value) {
    case "string":
      // The half of a pair has no UTF-8. With `u`, whole pairs are other characters.
      return /\p{Cs}/u.test(value) ? refuse(place, "half of a surrogate pair", "text") : value;
    case "boolean":
      return value;
    case "number":
      // It would be sent as null.
      return Number.isFinite(value) ? value : refuse(place, String(value));
    case "bigint":
      if (value !== BigInt.asIntN(64, value)) refuse(place, `${value}n`, "an integer of 64 bits");
      return { $bigint: String(value) };
    case "object":
      return value && objectToJson(value, place, levelsLeft - 1);
    default:
      return refuse(place, typeof value);
  }
}

function objectToJson(value: object, place: string, levelsLeft: number): JsonValue {
  // Objects of another realm have other prototypes, but the same tags.
  const tag = Object.prototype.toString.call(value);
  if (tag === "[object Uint8Array]") return { $bytes: encodeBase64(value as Uint8Array) };
  if (tag === "[object ArrayBuffer]") return { $bytes: encodeBase64(new Uint8Array(value as ArrayBuffer)) };
  if (levelsLeft < 0) refuse(place, "more", `at most ${DEPTH_MAX} levels of nesting`);
  if (Array.isArray(value)) return Array.from(value, (item: unknown, index) => toJson(item, `${place}[${index}]`, levelsLeft));
  const prototype: unknown = Object.getPrototypeOf(value);
  // Only the prototype of all objects has none itself.
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    return refuse(place, `a ${value.constructor?.name ?? "class"} object`);
  }
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, field]) => {
      if (key.startsWith("$")) refuse(place, JSON.stringify(key), "keys that do not begin with $");
      toJson(key, place, 0);
      return [key, toJson(field, `${place}.${key}`, levelsLeft)] as const;
    });
  return Object.fromEntries(fields);
}

function refuse(place: string, found: string, wanted = "a JSON value"): never {
  throw new ZerobackError("bad_args", `${place}: expected ${wanted}, found ${found}`, undefined);
}
