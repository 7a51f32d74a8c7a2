/** Results that outlive their page: shown at once and marked, confirmed by the server, bounded, and nobody else's. */

import { describe, expect, test } from "vitest";
import type { Id } from "../src/index.js";
import { api } from "./api.js";
import { Device, rest, type Tab } from "./device.js";
import { observe } from "./world.js";

const projectId = "projects_1" as Id<"projects">;

/** Watches the tasks, and notes each state that is shown. */
function listen(tab: Tab, project = projectId) {
  const list = tab.client.watch(api.tasks.list, { projectId: project });
  const shown: unknown[] = [list.state()];
  const stop = list.subscribe(() => shown.push(list.state()));
  return { list, shown, stop };
}

/** A device on which somebody has seen one task. */
async function used(identity?: string): Promise<Device> {
  const device = new Device();
  const tab = await device.open({}, identity);
  listen(tab);
  observe(tab.client.mutation(api.tasks.create, { projectId, text: "a" }));
  await rest();
  await device.run(8, 1_000);
  await device.kill(tab);
  return device;
}

const task = { _id: "tasks_1", text: "a" };
const stale = { status: "success", value: [task], isStale: true };
const fresh = { status: "success", value: [task] };

describe("a page that is opened again", () => {
  test("shows what it had before it is connected, marked", async () => {
    const device = await used();
    const tab = await device.open();
    expect(listen(tab).list.state()).toEqual(stale);
  });

  test("says what it has, is sent nothing that it has, and takes the mark away with the same value", async () => {
    const device = await used();
    const tab = await device.open();
    const { list, shown } = listen(tab);
    await rest();
    tab.server.accept();
    const [asked] = tab.world.socket.sent.filter((text) => text.includes("querySet"));
    expect(JSON.parse(asked ?? "")).toMatchObject({ add: [{ tag: "tag0" }] });
    const said: string[] = [];
    const { say } = tab.world.socket;
    tab.world.socket.say = (message) => void (said.push(JSON.stringify(message)), say.call(tab.world.socket, message));
    const before = list.state();
    await device.run(1);
    expect(said.join()).not.toContain("tasks_1");
    expect(shown).toEqual([stale, fresh]);
    expect((list.state() as { value: unknown }).value).toBe((before as { value: unknown }).value);
  });

  test("is not asked to act on the same value twice", async () => {
    const device = await used();
    const tab = await device.open();
    const values: unknown[] = [];
    tab.client.onUpdate(api.tasks.list, { projectId }, (value) => values.push(value));
    await rest();
    expect(values).toEqual([[task]]);
    await device.run(2);
    expect(values).toEqual([[task]]);
  });

  test("is sent the difference to what it has", async () => {
    const device = await used();
    const [tab, other] = [await device.open(), await device.open({}, "else")];
    const { shown } = listen(tab);
    await other.serve();
    observe(other.client.mutation(api.tasks.create, { projectId, text: "b" }));
    await rest();
    await other.serve();
    await tab.serve();
    expect(shown).toEqual([stale, { status: "success", value: [task, { _id: "tasks_2", text: "b" }] }]);
  });

  test("waits for what it had before it asks, but not for ever", async () => {
    const device = await used();
    const read = device.disk.read;
    let answer = (): void => {};
    device.disk.read = async (prefix) => {
      await new Promise<void>((resolve) => (answer = resolve));
      return read(prefix);
    };
    const tab = await device.open();
    const { shown } = listen(tab);
    tab.server.accept();
    await rest();
    expect(tab.world.socket.received()).toEqual([]);
    await device.advance(1_000);
    expect(tab.world.socket.sent).toHaveLength(1);
    await device.run(1);
    expect(shown).toEqual([{ status: "loading" }, fresh]);
    answer();
  });

  test("shows it again marked when a query is asked for that was left", async () => {
    const device = await used();
    const tab = await device.open();
    const { list, stop } = listen(tab);
    await device.run(2);
    expect(list.state()).toEqual(fresh);
    stop();
    await device.run(1, 1_000);
    expect(list.state()).toEqual(stale);
    listen(tab);
    await device.run(1);
    await rest();
    expect(list.state()).toEqual(fresh);
  });

  test("lends it to a query that goes on from another, as pages do", async () => {
    const device = await used();
    const tab = await device.open();
    const other = tab.client.watch(api.tasks.list, { projectId: "another" as Id<"projects"> });
    const { key } = tab.client.watch(api.tasks.list, { projectId });
    other.subscribe(() => {}, { from: key });
    expect(other.state()).toEqual(stale);
    await rest();
    await device.run(2);
    expect(other.state()).toEqual(fresh);
  });

  test("shows guesses on top of it as marked as it is", async () => {
    const device = await used();
    const tab = await device.open();
    const { list } = listen(tab);
    observe(
      tab.client.mutation(api.tasks.create, { projectId, text: "b" }, {
        optimisticUpdate: (store) => store.update(api.tasks.list, { projectId }, (tasks) => [...tasks, { _id: "guess" } as never]),
      }),
    );
    expect(list.state()).toEqual({ ...stale, value: [task, { _id: "guess" }] });
    await rest();
    await device.run(3);
    expect(list.state()).toEqual({ ...fresh, value: [task, { _id: "tasks_2", text: "b" }] });
  });

  test("has values of all forms as they were", async () => {
    const device = new Device();
    const value = [{ _id: "x", big: 2n ** 62n, bytes: Uint8Array.of(1, 2, 255), deep: [{ n: null }] }];
    const first = await device.open();
    listen(first);
    await rest();
    first.world.socket.accept();
    await rest();
    const wire = [{ _id: "x", big: { $bigint: String(2n ** 62n) }, bytes: { $bytes: "AQL/" }, deep: [{ n: null }] }];
    first.world.socket.transition(1, { queries: [{ queryId: 1, tag: "t", status: "success", value: wire }] });
    await device.advance(2_000);
    await device.kill(first);
    const tab = await device.open();
    expect(listen(tab).list.state()).toEqual({ status: "success", value, isStale: true });
  });
});

describe("what is kept", () => {
  test("is written once for many changes", async () => {
    const device = new Device();
    const tab = await device.open();
    listen(tab);
    await device.run(1);
    const before = tab.operations;
    for (let version = 10; version < 40; version++) {
      tab.world.socket.transition(version, { queries: [{ queryId: 1, tag: `t${version}`, status: "success", value: [version] }] });
    }
    await device.advance(2_000);
    expect(tab.operations - before).toBe(1);
    expect((await device.disk.read(`["cache",`))[0]?.[1]).toContain("t39");
  });

  test("is not shown under another schema, and goes", async () => {
    const device = await used();
    const tab = await device.open({ schemaHash: "schema2" });
    expect(listen(tab).list.state()).toEqual({ status: "loading" });
    expect(await device.kept("cache")).toEqual([]);
  });

  test("goes when it is not used for long", async () => {
    const device = await used();
    device.nowMs += 7 * 24 * 3_600_000;
    const tab = await device.open();
    expect(listen(tab).list.state()).toEqual({ status: "loading" });
    expect(await device.kept("cache")).toEqual([]);
  });

  test("stays for as long as it is used", async () => {
    const device = await used();
    device.nowMs += 6 * 24 * 3_600_000;
    const tab = await device.open();
    listen(tab);
    await device.run(3, 1_000);
    await device.kill(tab);
    device.nowMs += 6 * 24 * 3_600_000;
    expect(listen(await device.open()).list.state()).toEqual(stale);
  });

  test("is no more than it may be: what was used least lately goes first", async () => {
    const device = new Device();
    const tab = await device.open({ cacheBytesMax: 1_000 });
    const projects = ["a", "b", "c", "d", "e", "f"].map((name) => name as Id<"projects">);
    for (const project of projects) {
      listen(tab, project);
      await device.run(3, 1_000);
    }
    const kept = await device.disk.read(`["cache",`);
    const bytes = kept.reduce((sum, [key, text]) => sum + 2 * (key.length + text.length), 0);
    expect(bytes).toBeLessThanOrEqual(1_000);
    expect(kept.map(([key]) => /projectId[^a-f]*([a-f])/.exec(key)?.[1])).toEqual(["c", "d", "e", "f"]);
  });

  test("that is no JSON is as if it were not there", async () => {
    const device = await used();
    const [entry] = await device.disk.read(`["cache",`);
    await device.disk.write([[entry?.[0] ?? "", "{"]]);
    expect(listen(await device.open()).list.state()).toEqual({ status: "loading" });
  });

  test("of a query that fails now is not shown again", async () => {
    const device = await used();
    const tab = await device.open();
    const { list } = listen(tab);
    await rest();
    tab.world.socket.accept();
    await rest();
    const failed = { queryId: 1, tag: "e", status: "error", errorCode: "forbidden", errorMessage: "no" };
    tab.world.socket.transition(1, { queries: [failed] });
    expect(list.state()).toMatchObject({ status: "error" });
    await device.advance(2_000);
    expect(await device.kept("cache")).toEqual([]);
  });
});

describe("somebody else", () => {
  test("is never shown it: it is taken away before anything else", async () => {
    const device = await used("ann");
    const tab = await device.open({}, "bob");
    const { shown } = listen(tab);
    await rest();
    expect(shown).toEqual([stale]);
    tab.server.accept();
    expect(shown).toEqual([stale, { status: "loading" }]);
    await device.run(2);
    expect(shown).toEqual([stale, { status: "loading" }, fresh]);
  });

  test("finds their own, and leaves what others have made to them", async () => {
    const device = await used("ann");
    const first = await device.open({}, "ann");
    const left = observe(first.client.mutation(api.tasks.create, { projectId, text: "ann's" }));
    await rest();
    first.server.identity = "bob";
    await device.run(3);
    expect(left()).toEqual({ status: "rejected", code: "outcome_unknown" });
    expect(device.texts).toEqual(["a"]);
    // One for each: none is left behind.
    expect(first.locks).toHaveLength(2);
    observe(first.client.mutation(api.tasks.create, { projectId, text: "bob's" }));
    await rest();
    await device.run(3);
    expect(device.texts).toEqual(["a", "bob's"]);
    await device.kill(first);
    await device.open({}, "ann");
    await device.run(3);
    expect(device.texts).toEqual(["a", "bob's", "ann's"]);
  });

  test("is never sent what was on its way for another", async () => {
    const device = await used("ann");
    const tab = await device.open({}, "ann");
    await device.run(2);
    const left = observe(tab.client.mutation(api.tasks.create, { projectId, text: "ann's" }));
    await rest();
    expect(tab.world.socket.received()).toMatchObject([{ type: "mutation" }]);
    tab.world.socket.drop();
    tab.server.identity = "bob";
    tab.world.wake();
    tab.world.socket.open();
    await rest();
    expect(tab.world.socket.sent.join()).not.toContain("mutation");
    tab.server.accept();
    await device.run(2);
    expect(left()).toEqual({ status: "rejected", code: "outcome_unknown" });
    expect(device.texts).toEqual(["a"]);
    tab.world.socket.drop();
    tab.server.identity = "ann";
    await device.run(3);
    expect(device.texts).toEqual(["a", "ann's"]);
  });

  test("is told apart also by a token, before anything of a queue is sent", async () => {
    const device = await used("ann");
    const tab = await device.open();
    tab.client.setAuth(() => "token");
    observe(tab.client.mutation(api.tasks.create, { projectId, text: "b" }));
    await rest();
    tab.world.socket.accept();
    await rest();
    expect(tab.world.socket.received().map(({ type }) => type)).toEqual(["authenticate"]);
    tab.world.socket.say({ type: "authentication", status: "accepted", expiresInMs: 60_000, identity: "ann" });
    await rest();
    expect(tab.world.socket.received()).toMatchObject([{ type: "mutation", args: { text: "b" } }]);
  });

  test("who has signed out leaves nothing: clearAuth() wipes results and mutations", async () => {
    const device = await used("ann");
    const [tab, other] = [await device.open({}, "ann"), await device.open({}, "ann")];
    const [own, others] = [listen(tab), listen(other)];
    const left = observe(tab.client.mutation(api.tasks.create, { projectId, text: "b" }));
    await rest();
    expect(await device.kept("mutation")).toHaveLength(1);
    tab.client.clearAuth();
    expect(own.list.state()).toEqual({ status: "loading" });
    await rest();
    expect(others.list.state()).toEqual({ status: "loading" });
    expect(await device.disk.read("")).toEqual([]);
    expect(left()).toEqual({ status: "rejected", code: "outcome_unknown" });
    for (const each of [tab, other]) each.server.identity = undefined;
    await device.run(3, 1_000);
    expect(device.texts).toEqual(["a"]);
    expect(own.list.state()).toEqual(fresh);
    expect(others.list.state()).toEqual(fresh);
    expect((await device.disk.read("")).filter(([key]) => key.includes("ann"))).toEqual([]);
  });

  test("who signs out before anything is read leaves nothing either", async () => {
    const device = await used("ann");
    const tab = await device.open({}, undefined, (client) => client.clearAuth());
    expect(listen(tab).list.state()).toEqual({ status: "loading" });
    expect(await device.disk.read("")).toEqual([]);
  });

  test("a wipe that the storage refuses is tried again", async () => {
    const device = await used("ann");
    const tab = await device.open({}, "ann");
    tab.isBroken = true;
    tab.client.clearAuth();
    await device.advance(1_000);
    expect(await device.kept("cache")).toHaveLength(1);
    tab.isBroken = false;
    await device.advance(2_000);
    expect(await device.disk.read("")).toEqual([]);
  });
});
