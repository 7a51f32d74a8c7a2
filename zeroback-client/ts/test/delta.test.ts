import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { applyDelta } from "../src/delta.js";
import { revive } from "../src/values.js";

interface GoldenDelta {
  readonly name: string;
  readonly before: unknown;
  readonly after: unknown;
  readonly delta: unknown;
}

const golden = readFileSync(join(import.meta.dirname, "../../../zeroback-protocol/golden/deltas.jsonl"), "utf8")
  .trim()
  .split("\n")
  .map((line) => revive(JSON.parse(line)) as GoldenDelta);

/** Freezes a value with all in it, so that whoever changes it throws. */
function frozen<T>(value: T): T {
  if (typeof value === "object" && value !== null && !(value instanceof Uint8Array)) {
    Object.values(value).forEach(frozen);
    Object.freeze(value);
  }
  return value;
}

describe("a delta leads to the value that the server has", () => {
  test.each(golden)("$name", ({ before, after, delta }) => {
    const value = structuredClone(before);
    expect(applyDelta(frozen(before), frozen(delta))).toStrictEqual(after);
    expect(before).toStrictEqual(value);
  });

  test("a member called __proto__ is one like others", () => {
    const value = JSON.parse(`{"__proto__":{"a":1}}`) as object;
    const changed = applyDelta(value, JSON.parse(`{"change":{"__proto__":{"set":{"a":2}}}}`)) as object;
    expect(JSON.stringify(changed)).toBe(`{"__proto__":{"a":2}}`);
    expect(Object.getPrototypeOf(changed)).toBe(Object.prototype);
    expect(JSON.stringify(applyDelta(changed, { unset: ["__proto__"] }))).toBe("{}");
    const set = applyDelta({}, JSON.parse(`{"set":{"__proto__":null}}`)) as object;
    expect(JSON.stringify(set)).toBe(`{"__proto__":null}`);
  });

  test("an entry may bring more elements than a call takes arguments", () => {
    const insert = Array.from({ length: 300_000 }, (_, n) => n);
    expect(applyDelta([-1], { list: [[1, null, 0, insert]] })).toStrictEqual([-1, ...insert]);
  });
});

describe("what a delta does not touch keeps its identity", () => {
  test("elements and members beside the way to what changed", () => {
    const value = { items: [{ _id: "a", tags: ["x"], rank: { n: 1 } }, { _id: "b" }, { _id: "c" }], other: { x: 1 } };
    const [a, b, c] = value.items;
    const delta = { change: { items: { list: [[0, "a", { change: { rank: { set: { n: 2 } } } }], [2, "c", 0, [{ _id: "new" }]]] } } };
    const next = applyDelta(value, delta) as typeof value;
    expect(next).toStrictEqual({ items: [{ _id: "a", tags: ["x"], rank: { n: 2 } }, b, { _id: "new" }, c], other: { x: 1 } });
    expect(next.other).toBe(value.other);
    expect(next.items[0]?.tags).toBe(a?.tags);
    expect(next.items[1]).toBe(b);
    expect(next.items[3]).toBe(c);
    expect(next.items).not.toBe(value.items);
    expect(next.items[0]).not.toBe(a);
  });

  test("all of an object whose members have only another order", () => {
    const value = { a: 1 };
    expect(applyDelta(value, {})).toBe(value);
  });
});

describe("a delta that does not fit is refused, and changes nothing", () => {
  const documents = frozen([{ _id: "a", n: 1 }, { _id: "b", n: 2 }, { _id: "c", n: 3 }]);

  test.each<[string, unknown]>([
    ["a change behind the end", [3, null, { set: { n: 1 } }]],
    ["a place behind the end", [4, null, 0, []]],
    ["more to remove than there is", [2, "c", 2, []]],
    ["another id", [1, "a", 1, []]],
    ["an id where nothing stands", [3, "d", 0, [1]]],
    ["an id that is a number", [1, 7, 1, []]],
    ["no id", [1, undefined, 1, []]],
    ["a negative place", [-1, null, 0, []]],
    ["half a place", [0.5, null, 0, []]],
    ["a place that is text", ["0", "a", 0, []]],
    ["a negative count", [0, "a", -1, []]],
    ["a count and no elements", [0, "a", 1]],
    ["elements that are an object", [0, "a", 1, {}]],
    ["too many parts", [0, "a", 1, [], 0]],
    ["a list's delta for a document", [0, "a", { list: [] }]],
    ["too few parts", [0]],
    ["null", null],
  ])("an entry with %s", (_, entry) => {
    expect(() => applyDelta(documents, { list: [entry] })).toThrow("does not fit");
    expect(() => applyDelta(documents, { list: [[0, "a", 0, [1]], entry] })).toThrow("does not fit");
  });

  test.each<[string, unknown, unknown]>([
    ["places that go back", documents, { list: [[1, "b", 1, []], [0, "a", 1, []]] }],
    ["entries that overlap", documents, { list: [[0, "a", 2, []], [1, "b", { set: { n: 1 } }]] }],
    ["an element changed and removed", documents, { list: [[0, "a", { set: { n: 1 } }], [0, "a", 1, []]] }],
    ["entries that are no list", documents, { list: {} }],
    ["a list's delta with more", documents, { list: [], set: {} }],
    ["an object's delta for a list", documents, {}],
    ["an id in a list of others", [1, null], { list: [[1, "a", 1, []]] }],
    ["a member that is not there to go", { a: 1 }, { unset: ["b"] }],
    ["a member that goes twice", { a: 1 }, { unset: ["a", "a"] }],
    ["a member that is a prototype's", { a: 1 }, { unset: ["toString"] }],
    ["a key that is a number", { 0: 1 }, { unset: [0] }],
    ["a member that is not there to change", { a: 1 }, { change: { b: {} } }],
    ["a change of a prototype's member", { a: 1 }, JSON.parse(`{"change":{"__proto__":{}}}`)],
    ["a change of a number", { a: 1 }, { change: { a: {} } }],
    ["a member set and gone", { a: 1 }, { set: { a: 2 }, unset: ["a"] }],
    ["a member set and changed", { a: {} }, { set: { a: 2 }, change: { a: {} } }],
    ["a member changed and gone", { a: {} }, { unset: ["a"], change: { a: {} } }],
    ["a set that is a list", { a: 1 }, { set: [] }],
    ["an unset that is text", { a: 1 }, { unset: "a" }],
    ["a change that is null", { a: 1 }, { change: null }],
    ["a form that is not known", { a: 1 }, { other: {} }],
    ["a list's delta for an object", { a: 1 }, { list: [] }],
    ["bytes", Uint8Array.of(1), {}],
    ["a bigint", 1n, {}],
    ["null", null, {}],
    ["nothing", undefined, {}],
    ["text", "a", { set: { a: 1 } }],
    ["a delta that is null", {}, null],
    ["a delta that is a list", {}, []],
    ["a delta that is bytes", {}, Uint8Array.of(1)],
  ])("%s", (_, value, delta) => {
    expect(() => applyDelta(frozen(value), delta)).toThrow("does not fit");
  });
});
