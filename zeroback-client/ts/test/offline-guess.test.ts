/** What a tab has guessed whose mutations another tab sends: shown until the server's own is there, and never beside it. */

import { describe, expect, test } from "vitest";
import type { Id } from "../src/index.js";
import { api } from "./api.js";
import { Device, rest, type Tab } from "./device.js";
import { observe } from "./world.js";

const projectId = "projects_1" as Id<"projects">;

interface Scene {
  readonly device: Device;
  /** The tab that sends, and the one that makes mutations. */
  readonly sender: Tab;
  readonly tab: Tab;
  /** All that the second has shown, as texts. */
  readonly shown: string[];
}

async function twoTabs(): Promise<Scene> {
  const device = new Device();
  const [sender, tab] = [await device.open(), await device.open()];
  const shown: string[] = [];
  const list = tab.client.watch(api.tasks.list, { projectId });
  list.subscribe(() => {
    const state = list.state();
    shown.push(state.status === "success" ? state.value.map(({ text }) => text).join() : state.status);
  });
  await device.run();
  shown.length = 0;
  return { device, sender, tab, shown };
}

function create(tab: Tab, text: string) {
  const guess = { _id: `guess of ${text}`, text } as never;
  return observe(
    tab.client.mutation(api.tasks.create, { projectId, text }, {
      optimisticUpdate: (store) => store.update(api.tasks.list, { projectId }, (tasks) => [...tasks, guess]),
    }),
  );
}

describe("a tab that does not send", () => {
  test("shows its guess alone, though the server's row comes before it is told of", async () => {
    const { device, sender, tab, shown } = await twoTabs();
    const outcome = create(tab, "a");
    await rest();
    sender.server.read();
    tab.server.flush();
    await rest();
    expect(shown).toEqual(["a"]);
    await device.run();
    expect(outcome().status).toBe("resolved");
    expect(shown).toEqual(["a", "a"]);
    expect(tab.client.watch(api.tasks.list, { projectId }).state()).toEqual({ status: "success", value: device.database.log });
  });

  test("shows its guess alone, though its connection is lost meanwhile", async () => {
    const { device, sender, tab, shown } = await twoTabs();
    create(tab, "a");
    await rest();
    sender.server.read();
    tab.world.socket.drop();
    await tab.serve();
    await tab.serve();
    expect(shown).toEqual(["a"]);
    await device.run();
    expect(shown).toEqual(["a", "a"]);
  });

  test("shows what others do after a while, though nobody tells it", async () => {
    const { device, sender, tab, shown } = await twoTabs();
    create(tab, "a");
    await rest();
    device.database.log = [{ _id: "other", text: "other" }];
    tab.server.flush();
    await rest();
    expect(shown).toEqual(["a"]);
    await tab.world.advance(1_999);
    expect(shown).toEqual(["a"]);
    await tab.world.advance(1);
    expect(shown).toEqual(["a", "other,a"]);
    // From then on it waits again.
    create(tab, "b");
    await rest();
    sender.server.read();
    tab.server.flush();
    await rest();
    expect(shown.at(-1)).toBe("other,a,b");
    await device.run();
    expect(shown.at(-1)).toBe("other,a,b");
  });

  test("shows its guesses alone for as long as a long queue takes", async () => {
    const { device, sender, tab, shown } = await twoTabs();
    const texts = Array.from({ length: 30 }, (_, count) => `own ${count}`);
    const outcomes = texts.map((text) => create(tab, text));
    await rest();
    // Six seconds, with an answer now and then.
    for (let count = 0; count < texts.length; count++) {
      sender.server.read();
      sender.server.flush();
      tab.server.flush();
      await rest();
      await device.advance(200);
    }
    await device.run();
    expect(outcomes.map((outcome) => outcome().status)).toEqual(texts.map(() => "resolved"));
    expect(new Set(shown)).toEqual(new Set([...texts.map((_, at) => texts.slice(0, at + 1).join())]));
  });

  test("shows what others do while it makes one mutation after another", async () => {
    const { device, sender, tab, shown } = await twoTabs();
    let others = 0;
    for (let count = 0; count < 60; count++) {
      create(tab, `own ${count}`);
      await rest();
      device.database.log = [...device.database.log, { _id: `other ${others}`, text: `other ${others++}` }];
      // What it asks is answered a round later, when there is more to be asked already.
      tab.server.flush();
      while (tab.server.waiting > 0) tab.server.read();
      while (sender.server.waiting > 0) sender.server.read();
      sender.server.flush();
      await rest();
      await device.advance(100);
    }
    const seen = shown.filter((texts) => texts.includes("other")).map((texts) => texts.split(",").filter((text) => text.startsWith("other")).length);
    expect(new Set(seen).size).toBeGreaterThanOrEqual(2);
    await device.run();
    expect(tab.client.watch(api.tasks.list, { projectId }).state()).toEqual({ status: "success", value: device.database.log });
  });

  test("asks for what is new once, for all that it is told of at a time", async () => {
    const { device, sender, tab } = await twoTabs();
    const outcomes = Array.from({ length: 50 }, (_, count) => create(tab, `own ${count}`));
    await rest();
    while (sender.server.waiting > 0) sender.server.read();
    sender.server.flush();
    await rest();
    expect(tab.world.socket.sent.filter((text) => text.startsWith(`{"type":"querySet"`))).toHaveLength(1);
    await device.run();
    expect(outcomes.map((outcome) => outcome().status)).toEqual(outcomes.map(() => "resolved"));
  });

  test("settles what it was told of when it is closed", async () => {
    const { sender, tab } = await twoTabs();
    const outcome = create(tab, "a");
    await rest();
    while (sender.server.waiting > 0) sender.server.read();
    sender.server.flush();
    await rest();
    tab.client.close();
    await rest();
    expect(outcome().status).toBe("resolved");
  });
});
