import { describe, expect, test } from "vitest";
import { encodeArgs } from "../src/values.js";

describe("equal arguments have one text", () => {
  test.each<[string, object, string]>([
    ["no arguments", {}, "{}"],
    ["order of properties", { b: 1, a: { d: 2, c: 3 } }, `{"a":{"c":3,"d":2},"b":1}`],
    ["undefined properties", { a: undefined, b: null }, `{"b":null}`],
    ["negative zero", { a: -0 }, `{"a":0}`],
    ["lists keep their order", { a: [3, "x", [true]] }, `{"a":[3,"x",[true]]}`],
    ["keys by code point, not by UTF-16 unit", { "😀": 1, "\uffff": 2, a: 3 }, `{"a":3,"\uffff":2,"😀":1}`],
    ["a key that begins another", { ab: 1, a: 2 }, `{"a":2,"ab":1}`],
    ["objects without a prototype", Object.assign(Object.create(null) as object, { a: 1 }), `{"a":1}`],
  ])("%s", (_, args, text) => {
    expect(encodeArgs(args)).toBe(text);
  });
});

describe("what JSON cannot say is refused, with its place", () => {
  test.each<[string, object, string]>([
    ["NaN", { limit: NaN }, "args.limit: expected a JSON value, found NaN"],
    ["infinity", { a: [1, -Infinity] }, "args.a[1]: expected a JSON value, found -Infinity"],
    ["bigint", { a: { b: 1n } }, "args.a.b: expected a JSON value, found bigint"],
    ["functions", { f: () => 1 }, "args.f: expected a JSON value, found function"],
    ["undefined in a list", { a: [undefined] }, "args.a[0]: expected a JSON value, found undefined"],
    ["holes in a list", { a: new Array(1) }, "args.a[0]: expected a JSON value, found undefined"],
    ["dates", { when: new Date(0) }, "args.when: expected a JSON value, found a Date object"],
    ["maps", { m: new Map() }, "args.m: expected a JSON value, found a Map object"],
  ])("%s", (_, args, message) => {
    expect(() => encodeArgs(args)).toThrow(expect.objectContaining({ code: "bad_args", message }));
  });
});
