// What is done without a connection: made once and in order, whatever becomes of the tabs.

import assert from "node:assert/strict";
import { names, token, until } from "../stage.mjs";

/** How long a page with 2,000 mutations and as many guesses may be busy in one go: ten times what a quiet machine takes. */
const TASK_MS_MAX = 1_000;

const made = (texts) => Object.fromEntries(texts.map((text) => [text, "made"]));

/** Opens two tabs of one browser; the first is the one that sends. */
async function twoTabs(stage, list) {
  const person = await stage.person();
  const tabs = [];
  for (let count = 0; count < 2; count++) {
    const tab = await person.tab("notes", { list, offline: 1 });
    await tab.connected();
    await tab.stale(false);
    tabs.push(tab);
  }
  await tabs[0].untilKept("cache", 1);
  await tabs[0].page.evaluate(() => navigator.serviceWorker.ready);
  return { person, tabs };
}

/** The same, without a server. */
async function twoLostTabs(stage, list) {
  const { person, tabs } = await twoTabs(stage, list);
  await stage.cut();
  for (const tab of tabs) await tab.lost();
  return { person, tabs };
}

/** Checks that all is there once, and each tab's own in its order. */
function assertOnceInOrder(texts, ...ofTabs) {
  assert.deepEqual([...texts].sort(), ofTabs.flat().sort());
  for (const own of ofTabs) assert.deepEqual(texts.filter((text) => own.includes(text)), own);
}

/** Checks that no page has complained, nor shown a note twice, as a guess and as what was made of it. */
async function assertAllWell(...tabs) {
  for (const { complaints, page } of tabs) {
    assert.deepEqual(complaints, []);
    assert.deepEqual(await page.evaluate(() => notes.doubled), []);
  }
}

export const scenes = {
  async "what two tabs have made offline arrives once, in each one's order"(stage) {
    const list = stage.list();
    const { tabs } = await twoLostTabs(stage, list);
    const [first, second] = [names("first", 20), names("second", 20)];
    for (let at = 0; at < 20; at += 5) {
      await tabs[0].add(first.slice(at, at + 5), true);
      await tabs[1].add(second.slice(at, at + 5), true);
    }
    await tabs[0].untilKept("mutation", 40);
    assert.deepEqual(new Set(Object.values(await tabs[1].outcomes())), new Set(["pending"]));
    await stage.mend();
    assert.deepEqual(await tabs[0].settled(), made(first));
    assert.deepEqual(await tabs[1].settled(), made(second));
    assertOnceInOrder(await stage.texts(list), first, second);
    for (const tab of tabs) {
      await tab.untilKept("mutation", 0);
      assert.equal(await tab.id("note").count(), 40);
    }
    await assertAllWell(...tabs);
  },

  async "what a tab has left that was closed before the network returned, the other one sends"(stage) {
    const list = stage.list();
    const { tabs } = await twoLostTabs(stage, list);
    const [left, own] = [names("left", 10), names("own", 10)];
    await tabs[0].add(left);
    await tabs[1].add(own);
    await tabs[0].untilKept("mutation", 20);
    await tabs[0].page.close();
    await stage.mend();
    assert.deepEqual(await tabs[1].settled(), made(own));
    assertOnceInOrder(await stage.textsOf(list, 20), left, own);
    await tabs[1].untilKept("mutation", 0);
    await assertAllWell(tabs[1]);
  },

  async "what the only tab has left is sent by the next, also after a crash and without a server at the start"(stage) {
    const list = stage.list();
    const { person, tabs } = await twoLostTabs(stage, list);
    const left = names("left", 10);
    await tabs[1].page.close();
    await tabs[0].add(left);
    await tabs[0].untilKept("mutation", 10);
    const crashed = tabs[0].page.waitForEvent("crash");
    // The navigation never ends.
    tabs[0].page.goto("chrome://crash").catch(() => {});
    await crashed;
    await tabs[0].page.close();
    const next = await person.tab("notes", { list, offline: 1 });
    await stage.mend();
    assertOnceInOrder(await stage.textsOf(list, 10), left);
    await next.untilKept("mutation", 0);
    await assertAllWell(next);
  },

  async "a tab that is reloaded offline sends what it had made, before what it makes then"(stage) {
    const list = stage.list();
    const { tabs } = await twoLostTabs(stage, list);
    const [before, after] = [names("before", 10), names("then", 10)];
    await tabs[0].add(before);
    await tabs[0].untilKept("mutation", 10);
    await tabs[0].page.reload();
    await tabs[0].stale(true);
    await tabs[0].add(after);
    await tabs[0].untilKept("mutation", 20);
    await stage.mend();
    assert.deepEqual(await tabs[0].settled(), made(after));
    assertOnceInOrder(await stage.textsOf(list, 20), [...before, ...after]);
    await assertAllWell(...tabs);
  },

  async "the sending tab is closed amid sending, and the other one goes on behind it"(stage) {
    const list = stage.list();
    const { tabs } = await twoLostTabs(stage, list);
    const [left, own] = [names("left", 1_000), names("own", 1_000)];
    await tabs[0].add(left);
    await tabs[1].add(own);
    await tabs[1].untilKept("mutation", 2_000);
    await tabs[0].page.evaluate((text) => notes.leaveAt(text), left[10]);
    await stage.mend();
    await tabs[0].page.waitForURL("about:blank");
    await tabs[0].page.close();
    assert.deepEqual(await tabs[1].settled(), made(own));
    assertOnceInOrder(await stage.textsOf(list, 2_000), left, own);
    await tabs[1].untilKept("mutation", 0);
    await assertAllWell(tabs[1]);
    const { length } = tabs[1].sent.filter((frame) => frame.startsWith('{"type":"mutation"'));
    assert.ok(length > 0, "it was closed too late: all was answered");
    return `the other one sent ${length} of 2,000`;
  },

  async "a tab that does not send shows its guess until the server's row is there, and never beside it"(stage) {
    const list = stage.list();
    const { tabs } = await twoTabs(stage, list);
    const texts = names("note", 60);
    for (const text of texts) {
      await tabs[1].add([text], true);
      if (text.endsWith("9")) await tabs[1].settled();
    }
    assert.deepEqual(await tabs[1].settled(), made(texts));
    assert.deepEqual(await stage.texts(list), texts);
    await assertAllWell(...tabs);
  },

  async "a refused one is reported by the tab that sends, rejects where it was made, and holds nothing up"(stage) {
    const list = stage.list();
    const { tabs } = await twoLostTabs(stage, list);
    await tabs[0].add(["a", "bad one", "b"]);
    await tabs[1].add(["c", "bad two", "d"]);
    await tabs[0].untilKept("mutation", 6);
    await stage.mend();
    assert.deepEqual(await tabs[0].settled(), { a: "made", "bad one": "locked", b: "made" });
    assert.deepEqual(await tabs[1].settled(), { c: "made", "bad two": "locked", d: "made" });
    assertOnceInOrder(await stage.texts(list), ["a", "b"], ["c", "d"]);
    const refused = await Promise.all(tabs.map(({ page }) => page.evaluate(() => notes.refused)));
    assert.deepEqual(refused, [["failing:transfer: locked", "failing:transfer: locked"], []]);
    await tabs[0].untilKept("mutation", 0);
    await assertAllWell(...tabs);
  },

  async "two thousand that were made offline, each with a guess, are made once and leave the page responsive"(stage) {
    const list = stage.list();
    const { tabs } = await twoLostTabs(stage, list);
    const texts = names("note", 2_000);
    const startedAt = performance.now();
    for (let at = 0; at < texts.length; at += 20) await tabs[0].add(texts.slice(at, at + 20), true);
    await tabs[0].untilKept("mutation", texts.length);
    const keptMs = performance.now() - startedAt;
    await stage.mend();
    const backAt = performance.now();
    assert.deepEqual(await tabs[0].settled(), made(texts));
    const sentMs = performance.now() - backAt;
    await tabs[0].untilKept("mutation", 0);
    const forgottenMs = performance.now() - backAt;
    assert.deepEqual(await stage.texts(list), texts);
    await assertAllWell(...tabs);
    const taskMs = Math.max(0, ...(await tabs[0].page.evaluate(() => notes.tasksMs)));
    assert.ok(taskMs <= TASK_MS_MAX, `the page could do nothing else for ${taskMs} ms`);
    return `2,000 mutations kept in ${Math.round(keptMs)} ms, made in ${Math.round(sentMs)} ms, forgotten in ${Math.round(forgottenMs)} ms, with no task above ${taskMs} ms`;
  },

  async "signing out wipes what is kept of whoever was here, in all tabs"(stage) {
    const list = stage.list();
    const person = await stage.person();
    await person.context.exposeFunction("fetchToken", () => token("ann", 3_600_000));
    const tabs = [];
    for (let count = 0; count < 2; count++) {
      const tab = await person.tab("notes", { list, offline: 1, token: 1, isOwn: 1 });
      await tab.connected();
      await tab.stale(false);
      tabs.push(tab);
    }
    await tabs[0].untilKept("cache", 1);
    await stage.cut();
    for (const tab of tabs) {
      await tab.lost();
      await tab.add(names(`of tab ${tabs.indexOf(tab)}`, 3));
    }
    await tabs[0].untilKept("mutation", 6);
    await tabs[0].page.evaluate(() => notes.client.clearAuth());
    // Both tabs have been told, and what was waited for has ended without a trace.
    for (const tab of tabs) assert.deepEqual(new Set(Object.values(await tab.settled())), new Set(["outcome_unknown"]));
    await until("an empty database", () => tabs[0].kept(), (entries) => entries.length === 0);
    await stage.mend();
    for (const tab of tabs) await tab.connected();
    assert.equal(await stage.call("query", "identity:count", { list }), 0);
    assert.ok(!(await tabs[0].kept()).some((entry) => entry.includes("of tab")));
    await assertAllWell(...tabs);
  },
};
