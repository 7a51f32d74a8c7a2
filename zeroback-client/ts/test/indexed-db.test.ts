/** The storage of the browser: what every storage promises, and what IndexedDB does to it. */

import { IDBFactory, IDBKeyRange } from "fake-indexeddb";
import { beforeAll, describe, expect, test } from "vitest";
import { indexedDb, inMemory, type OfflineStorage } from "../src/offline/index.js";
import { keyIn, nameIn, prefixOf } from "../src/offline/storage.js";

beforeAll(() => {
  globalThis.IDBKeyRange = IDBKeyRange;
});

const storages: ReadonlyArray<readonly [name: string, make: () => OfflineStorage]> = [
  ["in IndexedDB", () => indexedDb("texts", new IDBFactory())],
  ["in memory", inMemory],
];

describe.each(storages)("a storage %s", (_name, make) => {
  test("gives what was written, by the beginnings of keys", async () => {
    const storage = make();
    await storage.write([
      ["a", "1"],
      ["ab", "2"],
      ["ab\u{10ffff}", "3"],
      ["b", "4"],
    ]);
    expect(await storage.read("a")).toEqual([
      ["a", "1"],
      ["ab", "2"],
      ["ab\u{10ffff}", "3"],
    ]);
    expect(await storage.read("")).toHaveLength(4);
    expect(await storage.read("c")).toEqual([]);
  });

  test("overwrites and takes away", async () => {
    const storage = make();
    await storage.write([
      ["a", "1"],
      ["b", ""],
    ]);
    await storage.write([
      ["a", "2"],
      ["b", undefined],
      ["never there", undefined],
    ]);
    expect(await storage.read("")).toEqual([["a", "2"]]);
  });

  test("takes what is asked at the same time in the order of the calls", async () => {
    const storage = make();
    const writes = ["1", "2", "3"].map((text) => storage.write([["a", text]]));
    const read = storage.read("a");
    await Promise.all(writes);
    expect(await read).toEqual([["a", "3"]]);
  });
});

describe("IndexedDB", () => {
  test("has it still when it is opened again, also by another tab meanwhile", async () => {
    const factory = new IDBFactory();
    const first = indexedDb("texts", factory);
    await first.write([["a", "1"]]);
    const second = indexedDb("texts", factory);
    expect(await second.read("")).toEqual([["a", "1"]]);
    await second.write([["a", "2"]]);
    expect(await first.read("")).toEqual([["a", "2"]]);
    expect(await indexedDb("another", factory).read("")).toEqual([]);
  });

  test("makes nothing of a write that it cannot make all of", async () => {
    const storage = indexedDb("texts", new IDBFactory());
    const unclonable = (() => {}) as unknown as string;
    await expect(storage.write([["a", "1"], ["b", unclonable]])).rejects.toThrow();
    expect(await storage.read("")).toEqual([]);
  });

  test("is opened again after it was deleted under it", async () => {
    const factory = new IDBFactory();
    const storage = indexedDb("texts", factory);
    await storage.write([["a", "1"]]);
    await new Promise((resolve, reject) => {
      const request = factory.deleteDatabase("texts");
      request.onsuccess = resolve;
      request.onerror = reject;
    });
    expect(await storage.read("")).toEqual([]);
    await storage.write([["a", "2"]]);
    expect(await storage.read("")).toEqual([["a", "2"]]);
  });

  test("rejects where there is none, and each time anew", async () => {
    const storage = indexedDb("texts", undefined);
    await expect(storage.read("")).rejects.toThrow("this runtime has no IndexedDB");
    await expect(storage.write([])).rejects.toThrow("this runtime has no IndexedDB");
  });
});

test("no part's keys are another's", () => {
  const part = prefixOf("cache", "ws://a", "x");
  const key = keyIn(part, `y",["z\u{1f600}`);
  expect(nameIn(part, key)).toBe(`y",["z\u{1f600}`);
  expect(JSON.parse(key)).toEqual(["cache", "ws://a", "x", `y",["z\u{1f600}`]);
  expect(key.startsWith(prefixOf("cache", "ws://a"))).toBe(true);
  for (const other of [prefixOf("cache", "ws://a", "xx"), prefixOf("cache", "ws://a,"), prefixOf("cach")]) {
    expect(key.startsWith(other)).toBe(false);
  }
});
