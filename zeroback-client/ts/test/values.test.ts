import { describe, expect, test } from "vitest";
import { decodeServerMessage } from "../src/protocol.js";
import { encodeArgs, revive } from "../src/values.js";

describe("equal arguments have one text", () => {
  test.each<[string, object, string]>([
    ["no arguments", {}, "{}"],
    ["order of properties", { b: 1, a: { d: 2, c: 3 } }, `{"a":{"c":3,"d":2},"b":1}`],
    ["undefined properties", { a: undefined, b: null }, `{"b":null}`],
    ["negative zero", { a: -0 }, `{"a":0}`],
    ["lists keep their order", { a: [3, "x", [true]] }, `{"a":[3,"x",[true]]}`],
    ["keys outside of the basic plane", { "\uffff": 2, "😀": 1, a: 3 }, `{"a":3,"😀":1,"\uffff":2}`],
    ["a key that begins another", { ab: 1, a: 2 }, `{"a":2,"ab":1}`],
    ["keys that look like integers", { b: 3, 10: 1, 9: 2 }, `{"9":2,"10":1,"b":3}`],
    ["a key that is a prototype's", JSON.parse(`{"__proto__":{"b":1,"a":2}}`) as object, `{"__proto__":{"a":2,"b":1}}`],
    ["floats", { a: 1e21, b: 1e-7, c: 5e-324, d: 2 ** 53 }, `{"a":1e+21,"b":1e-7,"c":5e-324,"d":9007199254740992}`],
    ["control characters", { a: "\u0000\u001f\u007f\u2028" }, `{"a":"\\u0000\\u001f\u007f\u2028"}`],
    ["the ends of bigint", { a: [-(2n ** 63n), 2n ** 63n - 1n] }, `{"a":[{"$bigint":"-9223372036854775808"},{"$bigint":"9223372036854775807"}]}`],
    ["bytes", { a: Uint8Array.of(0, 251, 255), b: Uint8Array.of() }, `{"a":{"$bytes":"APv/"},"b":{"$bytes":""}}`],
    ["a part of a buffer", { a: Uint8Array.of(1, 0, 2).subarray(1, 2) }, `{"a":{"$bytes":"AA=="}}`],
    ["a Buffer", { a: Buffer.from("hi") }, `{"a":{"$bytes":"aGk="}}`],
    ["an ArrayBuffer", { a: Uint8Array.of(0).buffer }, `{"a":{"$bytes":"AA=="}}`],
    ["whole surrogate pairs", { "😀": "😀" }, `{"😀":"😀"}`],
    ["objects without a prototype", Object.assign(Object.create(null) as object, { a: 1 }), `{"a":1}`],
  ])("%s", (_, args, text) => {
    expect(encodeArgs(args)).toBe(text);
  });
});

const nested = (levels: number): object => (levels === 1 ? [] : [nested(levels - 1)]);
const circle: { self?: unknown } = {};
circle.self = circle;

describe("what cannot be said is refused, with its place", () => {
  test.each<[string, object, string]>([
    ["NaN", { limit: NaN }, "args.limit: expected a JSON value, found NaN"],
    ["infinity", { a: [1, -Infinity] }, "args.a[1]: expected a JSON value, found -Infinity"],
    ["bigint above 64 bits", { a: { b: 2n ** 63n } }, "args.a.b: expected an integer of 64 bits, found 9223372036854775808n"],
    ["bigint below 64 bits", { a: -(2n ** 63n) - 1n }, "args.a: expected an integer of 64 bits, found -9223372036854775809n"],
    ["other views of a buffer", { a: new Float64Array(1) }, "args.a: expected a JSON value, found a Float64Array object"],
    ["reserved keys", { a: { $bigint: "1" } }, `args.a: expected keys that do not begin with $, found "$bigint"`],
    ["reserved names of arguments", { $a: 1 }, `args: expected keys that do not begin with $, found "$a"`],
    ["half of a pair", { a: ["\ud83d"] }, "args.a[0]: expected text, found half of a surrogate pair"],
    ["the other half", { a: "x\ude00x" }, "args.a: expected text, found half of a surrogate pair"],
    ["half of a pair in a key", { a: { "\ud83d": 1 } }, "args.a: expected text, found half of a surrogate pair"],
    ["sets", { s: new Set() }, "args.s: expected a JSON value, found a Set object"],
    ["symbols", { s: Symbol("x") }, "args.s: expected a JSON value, found symbol"],
    ["too deep a nest", { a: nested(100) }, `args.a${"[0]".repeat(99)}: expected at most 100 levels of nesting, found more`],
    ["circles", circle, `args${".self".repeat(100)}: expected at most 100 levels of nesting, found more`],
    ["functions", { f: () => 1 }, "args.f: expected a JSON value, found function"],
    ["undefined in a list", { a: [undefined] }, "args.a[0]: expected a JSON value, found undefined"],
    ["holes in a list", { a: new Array(1) }, "args.a[0]: expected a JSON value, found undefined"],
    ["dates", { when: new Date(0) }, "args.when: expected a JSON value, found a Date object"],
    ["maps", { m: new Map() }, "args.m: expected a JSON value, found a Map object"],
  ])("%s", (_, args, message) => {
    expect(() => encodeArgs(args)).toThrow(expect.objectContaining({ code: "bad_args", message }));
  });
});

test("a nest that is as deep as can be is said", () => {
  expect(encodeArgs({ a: nested(99) })).toBe(`{"a":${"[".repeat(99)}${"]".repeat(99)}}`);
});

/** Decodes a result as it comes. */
function result(json: string): unknown {
  const message = decodeServerMessage(
    `{"type":"transition","version":[1,2],"queries":[{"queryId":1,"status":"success","value":${json}}]}`,
  );
  const [query] = message.type === "transition" ? message.queries : [];
  return query?.status === "success" ? query.value : undefined;
}

describe("results are what their JSON stands for", () => {
  test.each<[string, string, unknown]>([
    ["a bigint", `{"$bigint":"-9223372036854775808"}`, -(2n ** 63n)],
    ["bytes", `{"$bytes":"APv/"}`, Uint8Array.of(0, 251, 255)],
    ["no bytes", `{"$bytes":""}`, Uint8Array.of()],
    ["in lists and objects", `{"a":[{"$bigint":"1"},null,{"b":{"$bytes":"AA=="}}],"c":1}`, { a: [1n, null, { b: Uint8Array.of(0) }], c: 1 }],
    ["text that looks like one", `"{\\"$bigint\\":\\"1\\"}"`, `{"$bigint":"1"}`],
    ["what a newer server says", `{"$decimal":"1.5"}`, { $decimal: "1.5" }],
  ])("%s", (_, json, value) => {
    expect(result(json)).toEqual(value);
  });

  test("also in an error's data, and in an answer", () => {
    const error = `"status":"error","errorCode":"x","errorMessage":"","errorData":{"at":{"$bigint":"5"}}`;
    expect(decodeServerMessage(`{"type":"transition","version":[1,2],"answers":[{"requestId":1,${error}}]}`)).toMatchObject({
      answers: [{ errorData: { at: 5n } }],
    });
  });

  test("a key that is a prototype's stays a key", () => {
    const value = result(`{"__proto__":{"$bigint":"1"},"b":{"$bigint":"2"}}`) as object;
    expect(Object.entries(value)).toEqual([["__proto__", 1n], ["b", 2n]]);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  });

  test("scalars are themselves", () => {
    expect([null, true, 0.5, "x"].map(revive)).toEqual([null, true, 0.5, "x"]);
  });
});

describe("bytes of any length come back as they were", () => {
  const bytes = Uint8Array.from({ length: 100_001 }, (_, index) => (index * 7) % 256);

  function check(): void {
    for (const length of [0, 1, 2, 3, 8_191, 8_192, 8_193, 100_001]) {
      const some = bytes.subarray(0, length);
      const { $bytes } = (JSON.parse(encodeArgs({ some })) as { some: { $bytes: string } }).some;
      expect($bytes).toBe(Buffer.from(some).toString("base64"));
      expect(revive({ $bytes })).toEqual(some);
    }
  }

  test("by the runtime's older functions", check);

  test("by its newest, where it has them", () => {
    const calls: string[] = [];
    const native = {
      fromBase64(text: string) {
        calls.push("from");
        return new Uint8Array(Buffer.from(text, "base64"));
      },
      toBase64(this: Uint8Array) {
        calls.push("to");
        return Buffer.from(this).toString("base64");
      },
    };
    const before = [Object.getOwnPropertyDescriptor(Uint8Array, "fromBase64"), Object.getOwnPropertyDescriptor(Uint8Array.prototype, "toBase64")];
    const define = (descriptors: ReadonlyArray<PropertyDescriptor | undefined>): void => {
      [Uint8Array, Uint8Array.prototype].forEach((owner, at) => {
        const name = at === 0 ? "fromBase64" : "toBase64";
        const descriptor = descriptors[at];
        if (descriptor === undefined) Reflect.deleteProperty(owner, name);
        else Object.defineProperty(owner, name, descriptor);
      });
    };
    define([native.fromBase64, native.toBase64].map((value) => ({ value, configurable: true })));
    try {
      check();
    } finally {
      define(before);
    }
    expect(calls).toHaveLength(16);
  });
});
