// What a page shows first: what it showed last.

import assert from "node:assert/strict";
import { names } from "../stage.mjs";

const ROWS = 300;

/** Opens a list with notes in it, and waits until it is kept. */
async function keep(stage, list) {
  for (const text of names("note", ROWS)) await stage.call("mutation", "notes:add", { list, text });
  const person = await stage.person();
  const tab = await person.tab("notes", { list, offline: 1 });
  await tab.note(`note ${ROWS - 1}`).waitFor();
  await tab.untilKept("cache", 1);
  await tab.page.evaluate(() => navigator.serviceWorker.ready);
  return { person, tab };
}

export const scenes = {
  async "two windows converge"(stage) {
    const list = stage.list();
    const tabs = [];
    for (let count = 0; count < 2; count++) tabs.push(await (await stage.person()).tab("notes", { list }));
    const [ann, bob] = tabs;
    await ann.id("new").fill("from ann");
    await ann.id("new").press("Enter");
    await bob.note("from ann").waitFor();
    await bob.id("new").fill("from bob");
    await bob.id("new").press("Enter");
    await ann.note("from bob").waitFor();
    for (const { complaints } of tabs) assert.deepEqual(complaints, []);
  },

  async "a reload offline shows the cache, marked stale until the server is back, which sends none of it again"(stage) {
    const list = stage.list();
    const { tab } = await keep(stage, list);
    await stage.cut();
    await tab.lost();
    await tab.page.reload();
    await tab.note(`note ${ROWS - 1}`).waitFor();
    await tab.stale(true);
    assert.equal(await tab.id("note").count(), ROWS);

    tab.received.length = 0;
    await stage.mend();
    await tab.stale(false);
    assert.equal(await tab.id("note").count(), ROWS);
    const frames = tab.received.join("\n");
    assert.ok(!frames.includes("note "), `rows came again: ${frames}`);
    assert.ok(frames.length > 0 && frames.length < 1_000, `${frames.length} bytes came: ${frames}`);
    assert.deepEqual(tab.complaints, []);
    return `${frames.length} bytes for ${ROWS} unchanged rows`;
  },

  async "a browser that is online again is connected at once, and sends what was made meanwhile"(stage) {
    const list = stage.list();
    const person = await stage.person();
    const tab = await person.tab("notes", { list, offline: 1, patient: 1 });
    await tab.connected();
    await tab.untilKept("cache", 1);
    await tab.page.evaluate(() => navigator.serviceWorker.ready);
    await person.context.setOffline(true);
    await tab.page.reload();
    await tab.stale(true);
    await tab.page.locator("[data-connection=disconnected]").waitFor();
    await tab.add(["made meanwhile"]);
    await tab.untilKept("mutation", 1);
    await person.context.setOffline(false);
    assert.deepEqual(await tab.settled(), { "made meanwhile": "made" });
    assert.deepEqual(await stage.texts(list), ["made meanwhile"]);
    assert.deepEqual(tab.complaints, []);
  },

  async "what has changed meanwhile comes alone"(stage) {
    const list = stage.list();
    const { person, tab } = await keep(stage, list);
    await tab.page.close();
    await stage.call("mutation", "notes:add", { list, text: "added meanwhile" });
    const next = await person.tab("notes", { list, offline: 1 });
    await next.note("added meanwhile").waitFor();
    await next.stale(false);
    assert.equal(await next.id("note").count(), ROWS + 1);
    const frames = next.received.join("\n");
    assert.ok(!frames.includes("note 7"), `rows came again: ${frames}`);
    assert.deepEqual(next.complaints, []);
  },
};
