/** Mutations that outlive their page: written, sent by one tab at a time, and told to the one that made them. */

import { describe, expect, test } from "vitest";
import type { Id, MutationOptions } from "../src/index.js";
import { api } from "./api.js";
import { Device, rest, type Tab } from "./device.js";
import { observe } from "./world.js";

const projectId = "projects_1" as Id<"projects">;

const create = (tab: Tab, text: string, options: MutationOptions<typeof api.tasks.create> = {}) =>
  observe(tab.client.mutation(api.tasks.create, { projectId, text }, options));

describe("one tab", () => {
  test("what is made without a connection is sent with the next, in order, and then kept no more", async () => {
    const device = new Device();
    const tab = await device.open();
    await device.run(1);
    tab.world.socket.drop();
    const outcomes = ["a", "b", "c"].map((text) => create(tab, text));
    await rest();
    expect(await device.kept("mutation")).toHaveLength(3);
    expect(tab.client.connectionDetails.inflightMutations).toBe(3);
    await device.run();
    expect(device.texts).toEqual(["a", "b", "c"]);
    expect(outcomes.map((outcome) => outcome().status)).toEqual(["resolved", "resolved", "resolved"]);
    expect(await device.kept("mutation")).toEqual([]);
    expect(tab.client.connectionDetails.inflightMutations).toBe(0);
  });

  test.each([0, 1])("however many there are, each costs what it is itself (made by tab %i)", async (by) => {
    const device = new Device();
    const tabs = [await device.open(), await device.open()];
    await device.run(1);
    for (const tab of tabs) tab.world.socket.drop();
    let [read, writes] = [0, 0];
    const { read: readDisk, write: writeDisk } = device.disk;
    device.disk.read = async (prefix) => {
      const found = await readDisk(prefix);
      read += found.length;
      return found;
    };
    device.disk.write = async (changes) => {
      writes++;
      await writeDisk(changes);
    };
    for (let count = 0; count < 200; count++) {
      create(tabs[by] as Tab, `task ${count}`);
      await rest();
    }
    expect([read, writes]).toEqual([by * 200, 200]);
    await device.run();
    expect(device.texts).toHaveLength(200);
    // Both look once when they are connected, one more place is written for all, and all are removed together.
    expect(read).toBeLessThan(by * 200 + 800);
    expect(writes).toBeLessThan(210);
  });

  // The first write happens; the tab dies before the mark is written, or right after.
  test.each([
    [2, undefined],
    [3, 1],
  ])("nothing is sent before it is written that it may have been (%i)", async (diesIn, sequence) => {
    const device = new Device();
    const tab = await device.open();
    await device.run(1);
    tab.diesIn = diesIn;
    create(tab, "a");
    await rest();
    expect(tab.isDead).toBe(true);
    expect(tab.world.socket.received()).toEqual([]);
    const [entry] = await device.disk.read(`["mutation",`);
    expect(JSON.parse(entry?.[1] ?? "")).toEqual({ path: "tasks:create", args: { projectId, text: "a" }, sequence });
  });

  test("what a closed tab has left is sent by the next, once, whatever of it was sent", async () => {
    const device = new Device();
    const first = await device.open();
    await device.run(1);
    create(first, "sent and made");
    await rest();
    while (first.server.waiting > 0) first.server.read();
    create(first, "sent and lost");
    await rest();
    first.world.socket.drop();
    create(first, "never sent");
    await rest();
    expect(device.texts).toEqual(["sent and made"]);
    await device.kill(first);
    const next = await device.open();
    await rest();
    expect(next.client.connectionDetails.inflightMutations).toBe(3);
    await device.run();
    expect(device.texts).toEqual(["sent and made", "sent and lost", "never sent"]);
    expect(device.refused).toEqual([]);
    expect(await device.kept("mutation")).toEqual([]);
  });

  test("what was left with values of all forms is sent as it was called, and reported so", async () => {
    const device = new Device();
    const first = await device.open();
    await device.run(1);
    first.world.socket.drop();
    const args = { projectId, text: "bad", big: 2n ** 62n, bytes: Uint8Array.of(1, 255) };
    void observe(first.client.mutation(api.tasks.create, args));
    await rest();
    await device.kill(first);
    const next = await device.open();
    await rest();
    next.server.accept();
    await rest();
    expect(next.world.socket.received()).toMatchObject([
      { args: { projectId, text: "bad", big: { $bigint: String(2n ** 62n) }, bytes: { $bytes: "Af8=" } } },
    ]);
    next.world.socket.drop();
    await device.run();
    expect(device.refused).toEqual([{ path: "tasks:create", args, code: "too_long" }]);
  });

  test("what nobody can read holds nothing up", async () => {
    const device = new Device();
    const tab = await device.open();
    await device.run(1);
    await device.disk.write([[`["mutation","ws://test/ws","","0000000000000001 x"]`, "{"]]);
    const outcome = create(tab, "a");
    await rest();
    await device.run();
    expect(outcome().status).toBe("resolved");
  });

  test("a refused one is reported, rejects its promise, and the next goes on", async () => {
    const device = new Device();
    const tab = await device.open();
    await device.run(1);
    tab.world.socket.drop();
    const [bad, good] = [create(tab, "bad"), create(tab, "good")];
    await rest();
    await device.run();
    expect(bad()).toEqual({ status: "rejected", code: "too_long" });
    expect(good().status).toBe("resolved");
    expect(device.refused).toEqual([{ path: "tasks:create", args: { projectId, text: "bad" }, code: "too_long" }]);
    expect(await device.kept("mutation")).toEqual([]);
  });

  test("one that was left, and that the server refuses, is reported too", async () => {
    const device = new Device();
    const first = await device.open();
    await device.run(1);
    first.world.socket.drop();
    create(first, "bad");
    create(first, "good");
    await rest();
    await device.kill(first);
    await device.open();
    await device.run();
    expect(device.refused.map(({ code }) => code)).toEqual(["too_long"]);
    expect(device.texts).toEqual(["good"]);
  });

  test("a handler that throws is warned of, and holds nothing up", async () => {
    const device = new Device();
    const onRefused = (): never => {
      throw new Error("oops");
    };
    const tab = await device.open({ onRefused });
    await device.run(1);
    create(tab, "bad");
    create(tab, "good");
    await rest();
    await device.run();
    expect(tab.world.warnings.join()).toContain("onRefused threw: Error: oops");
    expect(device.texts).toEqual(["good"]);
  });

  test("of a queue that the server has forgotten what was attempted is unknown, and the rest is made", async () => {
    const device = new Device();
    const first = await device.open();
    await device.run(1);
    create(first, "answered");
    await rest();
    await device.run();
    create(first, "attempted");
    await rest();
    first.world.socket.drop();
    create(first, "later");
    await rest();
    await device.kill(first);
    device.database.queues.clear();
    await device.open();
    await device.run(10, 1_000);
    expect(device.texts).toEqual(["answered", "later"]);
    expect(device.refused.map(({ code }) => code)).toEqual(["outcome_unknown"]);
  });

  test("close() leaves what is kept to another time, and says so", async () => {
    const device = new Device();
    const tab = await device.open();
    await device.run(1);
    tab.world.socket.drop();
    const outcome = create(tab, "a");
    await rest();
    tab.client.close();
    await rest();
    expect(outcome()).toEqual({ status: "rejected", code: "outcome_unknown" });
    await device.kill(tab);
    await device.open();
    await device.run();
    expect(device.texts).toEqual(["a"]);
  });
});

describe("several tabs", () => {
  test("what is told of when it is done already is not done again", async () => {
    const device = new Device();
    const [first, second] = [await device.open(), await device.open()];
    create(second as Tab, "a");
    await device.run();
    const added = device.said.find((message) => (message as { type: string }).type === "added");
    for (const { tab, onMessage } of device.channels) if (tab === first) onMessage(added);
    await device.run();
    expect(added).toBeDefined();
    expect(device.texts).toEqual(["a"]);
  });

  test("one that is to send from now on begins with what it has written before", async () => {
    const device = new Device();
    const [first, second] = [await device.open(), await device.open()];
    await device.run(1);
    first.world.socket.drop();
    create(second, "before");
    await rest();
    // It has the lock while it writes the next one, and has not looked yet what else there is.
    const killed = device.kill(first);
    create(second, "after");
    await killed;
    await device.run();
    expect(device.texts).toEqual(["before", "after"]);
  });

  test("one sends for all, in the order of each, and tells the others", async () => {
    const device = new Device();
    const [first, second] = [await device.open(), await device.open()];
    await device.run(1);
    const outcomes = [create(second, "a"), create(first, "b"), create(second, "c"), create(second, "bad")];
    await rest();
    expect(second.world.socket.received()).toEqual([]);
    await device.run();
    expect(device.texts.filter((text) => text !== "b")).toEqual(["a", "c"]);
    expect(device.texts).toHaveLength(3);
    const settled = outcomes.map((outcome) => outcome());
    expect(settled.map(({ status }) => status)).toEqual(["resolved", "resolved", "resolved", "rejected"]);
    expect(settled[0]).toMatchObject({ value: device.database.log.find(({ text }) => text === "a")?._id });
    expect(settled[3]).toMatchObject({ code: "too_long" });
    expect(device.refused).toHaveLength(1);
  });

  test("one that is told is shown what was made first, and its guess goes in the same step", async () => {
    const device = new Device();
    const [first, second] = [await device.open(), await device.open()];
    const list = second.client.watch(api.tasks.list, { projectId });
    const shown: string[][] = [];
    list.subscribe(() => {
      const state = list.state();
      if (state.status === "success") shown.push(state.value.map(({ text }) => text));
    });
    await rest();
    await device.run(1);
    const guess = { _id: "guess", text: "guess" } as never;
    const outcome = create(second, "a", {
      optimisticUpdate: (store) => store.update(api.tasks.list, { projectId }, (tasks) => [...tasks, guess]),
    });
    await rest();
    await first.serve();
    await rest();
    expect(outcome().status).toBe("pending");
    expect(shown).toEqual([[], ["guess"]]);
    await second.serve();
    expect(outcome().status).toBe("resolved");
    expect(shown).toEqual([[], ["guess"], ["a"]]);
  });

  test("when the one that sends is gone, another goes on, also with what is its own", async () => {
    const device = new Device();
    const [first, second] = [await device.open(), await device.open()];
    await device.run(1);
    const outcome = create(second, "a");
    await rest();
    first.server.read();
    expect(device.texts).toEqual(["a"]);
    await device.kill(first);
    await device.run();
    expect(device.texts).toEqual(["a"]);
    expect(outcome().status).toBe("resolved");
  });

  test("those of two users send apart", async () => {
    const device = new Device();
    const [first, second] = [await device.open({}, "ann"), await device.open({}, "bob")];
    await device.run(1);
    const outcomes = [create(first, "a"), create(second, "b")];
    await rest();
    await device.run();
    expect(device.texts).toEqual(["a", "b"]);
    expect(outcomes.map((outcome) => outcome().status)).toEqual(["resolved", "resolved"]);
    expect(device.database.queues.size).toBe(2);
  });
});

describe("a storage that fails", () => {
  test("from the beginning: everything goes on in memory, with one warning", async () => {
    const device = new Device();
    const tab = await device.open();
    tab.isBroken = true;
    await device.run(1);
    const outcomes = ["a", "b"].map((text) => create(tab, text));
    await rest();
    await device.run();
    expect(device.texts).toEqual(["a", "b"]);
    expect(outcomes.map((outcome) => outcome().status)).toEqual(["resolved", "resolved"]);
    expect(tab.world.warnings).toEqual(["the storage failed; what it does not take is in memory only: Error: QuotaExceededError"]);
  });

  test("that is full by the time what it has is to be sent gives it up to memory", async () => {
    const device = new Device();
    const tab = await device.open();
    await device.run(1);
    tab.world.socket.drop();
    const outcomes = ["a", "b"].map((text) => create(tab, text));
    await rest();
    tab.isFull = true;
    outcomes.push(create(tab, "c"));
    await rest();
    await device.run(8, 1_000);
    expect(device.texts).toEqual(["a", "b", "c"]);
    expect(outcomes.map((outcome) => outcome().status)).toEqual(["resolved", "resolved", "resolved"]);
    expect(tab.world.warnings.filter((warning) => warning.includes("storage"))).toHaveLength(1);
  });

  test("that takes and gives nothing keeps what it has until it does", async () => {
    const device = new Device();
    const tab = await device.open();
    await device.run(1);
    tab.world.socket.drop();
    const outcomes = [create(tab, "a")];
    await rest();
    tab.isBroken = true;
    outcomes.push(create(tab, "b"));
    await rest();
    await device.run(8, 1_000);
    expect(device.texts).toEqual([]);
    tab.isBroken = false;
    await device.run(20, 1_000);
    expect(device.texts).toEqual(["a", "b"]);
    expect(outcomes.map((outcome) => outcome().status)).toEqual(["resolved", "resolved"]);
  });
});
