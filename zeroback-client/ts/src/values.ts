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
 * Returns the canonical JSON of the arguments: equal arguments give equal texts, whatever the order
 * of their properties. Properties that are `undefined` are left out.
 *
 * Throws a `ZerobackError` with code `bad_args`, naming the place, for what cannot be said.
 */
export function encodeArgs(args: object): string {
  return encode(args, "args", DEPTH_MAX);
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

function encode(value: unknown, place: string, levelsLeft: number): string {
  switch (typeof value) {
    case "string":
      return encodeText(value, place);
    case "boolean":
      return String(value);
    case "number":
      // JSON.stringify would send NaN and the infinities as null. -0 is printed as 0.
      return Number.isFinite(value) ? String(value) : refuse(place, String(value));
    case "bigint":
      if (value !== BigInt.asIntN(64, value)) refuse(place, `${value}n`, "an integer of 64 bits");
      return `{"$bigint":"${value}"}`;
    case "object":
      return value === null ? "null" : encodeObject(value, place, levelsLeft);
    default:
      return refuse(place, typeof value);
  }
}

function encodeObject(value: object, place: string, levelsLeft: number): string {
  // Objects of another realm have other prototypes, but the same tags.
  const tag = Object.prototype.toString.call(value);
  if (tag === "[object Uint8Array]") return encodeBytes(value as Uint8Array);
  if (tag === "[object ArrayBuffer]") return encodeBytes(new Uint8Array(value as ArrayBuffer));
  const below = levelsLeft - 1;
  if (below < 0) refuse(place, "more", `at most ${DEPTH_MAX} levels of nesting`);
  if (Array.isArray(value)) {
    return `[${Array.from(value, (item: unknown, index) => encode(item, `${place}[${index}]`, below)).join(",")}]`;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  // Only the prototype of all objects has none itself.
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    return refuse(place, `a ${value.constructor?.name ?? "class"} object`);
  }
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .sort(([a], [b]) => (inOrder(a) < inOrder(b) ? -1 : 1))
    .map(([key, field]) => {
      if (key.startsWith("$")) refuse(place, JSON.stringify(key), "keys that do not begin with $");
      return `${encodeText(key, place)}:${encode(field, `${place}.${key}`, below)}`;
    });
  return `{${fields.join(",")}}`;
}

function encodeBytes(bytes: Uint8Array): string {
  return `{"$bytes":"${encodeBase64(bytes)}"}`;
}

function encodeText(text: string, place: string): string {
  // The half of a pair has no UTF-8. With `u`, whole pairs are other characters.
  return /\p{Cs}/u.test(text) ? refuse(place, "half of a surrogate pair", "text") : JSON.stringify(text);
}

function refuse(place: string, found: string, wanted = "a JSON value"): never {
  throw new ZerobackError("bad_args", `${place}: expected ${wanted}, found ${found}`, undefined);
}

/** Returns what `<` compares as the UTF-8 bytes of a text would, which is by code point: surrogates go above all. */
function inOrder(text: string): string {
  return text.replace(/[\ud800-\uffff]/g, (unit) => String.fromCharCode(unit.charCodeAt(0) + (unit < "\ue000" ? 0x2000 : -0x800)));
}
