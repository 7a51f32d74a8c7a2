/** What can be said as an argument, and the one text that stands for it. */

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

/**
 * Returns the canonical JSON of the arguments: equal arguments give equal texts, whatever the order
 * of their properties. Properties that are `undefined` are left out.
 *
 * Throws a `ZerobackError` with code `bad_args`, naming the place, for what JSON cannot say.
 */
export function encodeArgs(args: object): string {
  return encode(args, "args");
}

function encode(value: unknown, place: string): string {
  switch (typeof value) {
    case "string":
    case "boolean":
      return JSON.stringify(value);
    case "number":
      // JSON.stringify would send NaN and the infinities as null. -0 is printed as 0.
      return Number.isFinite(value) ? JSON.stringify(value) : refuse(place, String(value));
    case "object":
      if (value === null) return "null";
      if (Array.isArray(value)) {
        return `[${Array.from(value, (item: unknown, index) => encode(item, `${place}[${index}]`)).join(",")}]`;
      }
      return encodeObject(value, place);
    default:
      return refuse(place, typeof value);
  }
}

function encodeObject(value: object, place: string): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  // Objects of another realm have another Object.prototype; only its own prototype is null in all.
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    return refuse(place, `a ${value.constructor?.name ?? "class"} object`);
  }
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .sort(([a], [b]) => compareUtf8(a, b))
    .map(([key, field]) => `${JSON.stringify(key)}:${encode(field, `${place}.${key}`)}`);
  return `{${fields.join(",")}}`;
}

function refuse(place: string, found: string): never {
  throw new ZerobackError("bad_args", `${place}: expected a JSON value, found ${found}`, undefined);
}

/** Compares as the UTF-8 bytes would, which is by code point; `<` compares by UTF-16 unit. */
function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const difference = rank(a.charCodeAt(index)) - rank(b.charCodeAt(index));
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Puts surrogates, which stand for code points from U+10000, above all other units. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit < 0xe000 ? unit + 0x10000 : unit;
}
