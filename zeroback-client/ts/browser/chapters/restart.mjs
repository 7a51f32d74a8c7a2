// A server that is killed amid mutations: each is made once, in the order of the calls.

import assert from "node:assert/strict";
import { names } from "../stage.mjs";

const KILLS = 3;
const BETWEEN = 500;

/** Has a tab make mutations, and each time kills the server as soon as it has answered some of them. */
async function play(stage, parameters) {
  const list = stage.list();
  const tab = await (await stage.person()).tab("notes", { list, ...parameters });
  await tab.connected();
  const texts = names("note", (KILLS + 1) * BETWEEN);
  const part = (at) => texts.slice(at * BETWEEN, (at + 1) * BETWEEN);
  for (let kill = 0; kill < KILLS; kill++) {
    const answered = tab.answered();
    await tab.page.evaluate((texts) => notes.stream(texts), part(kill));
    await answered;
    await stage.cut();
    await tab.lost();
    await stage.mend();
    await tab.connected();
  }
  await tab.page.evaluate((texts) => notes.stream(texts), part(KILLS));
  assert.deepEqual(new Set(Object.values(await tab.settled())), new Set(["made"]));
  assert.deepEqual(await stage.texts(list), texts);
  assert.deepEqual(await tab.page.evaluate(() => notes.doubled), []);
  assert.equal(await tab.id("note").count(), texts.length);
  assert.deepEqual(tab.complaints, []);
  const again = sentAgain(tab.sent);
  assert.ok(again > 0, "it was killed too late: all was answered");
  return `${again} of ${texts.length} sent again after ${KILLS} kills`;
}

/** Returns how many mutations were sent more than once. */
function sentAgain(frames) {
  const mutations = frames.filter((frame) => frame.startsWith('{"type":"mutation"')).map((frame) => JSON.parse(frame).sequence);
  return mutations.length - new Set(mutations).size;
}

export const scenes = {
  "a server that is killed again and again makes each mutation once": (stage) => play(stage, {}),
  "and those that are kept": (stage) => play(stage, { offline: 1 }),
};
