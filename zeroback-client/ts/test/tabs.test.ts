/** How tabs know of each other, in a browser: Web Locks as their specification has them, and a BroadcastChannel. */

import { afterEach, describe, expect, test, vi } from "vitest";
import { browserTabs } from "../src/offline/tabs.js";
import { settle } from "./world.js";

/** As `navigator.locks`: one holder a name, first come first served, until its promise settles. */
class FakeLocks {
  readonly #held = new Map<string, Promise<unknown>>();

  request(name: string, { signal }: { signal: AbortSignal }, callback: () => unknown): Promise<unknown> {
    const before = this.#held.get(name) ?? Promise.resolve();
    const aborted = new Promise((_, reject) => signal.addEventListener("abort", () => reject(new DOMException("", "AbortError"))));
    let isHeld = false;
    const own = before.then(() => {
      if (signal.aborted) return undefined;
      isHeld = true;
      return callback();
    });
    this.#held.set(name, own);
    // A lock that is held is given back by its promise only.
    return Promise.race([own, aborted.catch((cause: unknown) => (isHeld ? own : Promise.reject(cause)))]);
  }
}

afterEach(() => vi.unstubAllGlobals());

describe("a lock", () => {
  test("is one tab's at a time, in the order in which they asked", async () => {
    vi.stubGlobal("navigator", { locks: new FakeLocks() });
    const held: string[] = [];
    const [first, second] = ["first", "second", "third"].map((name) => browserTabs.lock("a", () => held.push(name)));
    browserTabs.lock("b", () => held.push("another"));
    await settle();
    expect(held).toEqual(["first", "another"]);
    second?.();
    first?.();
    await settle();
    expect(held).toEqual(["first", "another", "third"]);
  });

  test("is there at once where there are no Web Locks, and not after it was given up", async () => {
    vi.stubGlobal("navigator", undefined);
    const held: string[] = [];
    browserTabs.lock("a", () => held.push("first"));
    browserTabs.lock("a", () => held.push("second"))();
    expect(held).toEqual([]);
    await settle();
    expect(held).toEqual(["first"]);
  });
});

describe("a channel", () => {
  test("tells all others of its name, until it is closed", async () => {
    const heard: unknown[] = [];
    let end = (): void => {};
    const told = new Promise<void>((resolve) => (end = resolve));
    const channels = ["a", "b", "a"].map((name, at) =>
      browserTabs.channel(name, (message) => {
        heard.push([at, message]);
        if (message === "last") end();
      }),
    );
    channels[0]?.post({ value: 1n });
    channels[0]?.post("last");
    await told;
    expect(heard).toEqual([
      [2, { value: 1n }],
      [2, "last"],
    ]);
    for (const channel of channels) channel.close();
  });

  test("tells nobody where there is no BroadcastChannel", () => {
    vi.stubGlobal("BroadcastChannel", undefined);
    const channel = browserTabs.channel("a", () => expect.unreachable());
    channel.post("x");
    channel.close();
  });
});
