// Tokens that expire: replaced before they do, and where the server refuses one, what is called waits for another.

import assert from "node:assert/strict";
import { names, token, until } from "../stage.mjs";

const LIFE_MS = 3_000;
const LIVES = 3;

export const scenes = {
  async "a token is replaced ahead of its end, and no mutation fails meanwhile"(stage) {
    const list = stage.list();
    const person = await stage.person();
    const forced = [];
    await person.context.exposeFunction("fetchToken", ({ forceRefresh }) => {
      forced.push(forceRefresh);
      return token("ann", LIFE_MS);
    });
    const tab = await person.tab("notes", { list, token: 1, isOwn: 1 });
    await tab.connected();
    const texts = [];
    while (forced.length <= LIVES) {
      const text = `note ${texts.length}`;
      texts.push(text);
      await tab.add([text]);
      await tab.settled();
    }
    assert.deepEqual(new Set(Object.values(await tab.outcomes())), new Set(["made"]));
    assert.equal(await stage.call("query", "identity:count", { list }), texts.length);
    // The first was asked for as a connection is made, and all others ahead of time: none has ended.
    assert.deepEqual(forced, [false, ...Array(forced.length - 1).fill(true)]);
    assert.ok(!tab.received.some((frame) => frame.includes("expired")), "a token has ended");
    assert.deepEqual(tab.complaints, []);
    return `${texts.length} mutations under ${forced.length} tokens`;
  },

  async "after a token that the server refuses, mutations wait for a new one"(stage) {
    const list = stage.list();
    const person = await stage.person();
    let next = () => token("ann", 3_600_000);
    await person.context.exposeFunction("fetchToken", (options) => next(options));
    const tab = await person.tab("notes", { list, token: 1, isOwn: 1 });
    await tab.connected();
    await tab.add(["before"]);
    await tab.settled();

    await stage.cut();
    await tab.lost();
    const texts = names("note", 10);
    await tab.add(texts);
    let give;
    const given = new Promise((resolve) => (give = resolve));
    let isAsked = false;
    next = ({ forceRefresh }) => {
      if (!forceRefresh) return token("ann", -60_000);
      isAsked = true;
      return given;
    };
    await stage.mend();
    await until("a new token to be asked for", () => isAsked, Boolean);
    assert.ok(tab.received.some((frame) => frame.includes("token_expired")), "the server took the old token");
    await tab.add(["while it is asked for"]);
    const pending = Object.values(await tab.outcomes()).filter((outcome) => outcome === "pending");
    assert.equal(pending.length, 11);
    assert.equal(await stage.call("query", "identity:count", { list }), 1);
    give(token("ann", 3_600_000));
    assert.deepEqual(new Set(Object.values(await tab.settled())), new Set(["made"]));
    assert.equal(await stage.call("query", "identity:count", { list }), 12);
    assert.deepEqual(tab.complaints, []);
  },

  async "one that ends while another is waited for stops nothing but what is called meanwhile"(stage) {
    const list = stage.list();
    const person = await stage.person();
    let give;
    const given = new Promise((resolve) => (give = resolve));
    let count = 0;
    await person.context.exposeFunction("fetchToken", () => (count++ === 0 ? token("ann", LIFE_MS) : given));
    const tab = await person.tab("notes", { list, token: 1, isOwn: 1 });
    await tab.connected();
    await tab.add(["before"]);
    await tab.settled();
    // A server that nobody says anything to has no reason to look at its clock.
    const turn = () => stage.call("query", "marker", {});
    await until("the token to end", turn, () => tab.received.some((frame) => frame.includes("expired")));
    await tab.add(["after"]);
    assert.equal((await tab.outcomes()).after, "pending");
    give(token("ann", 3_600_000));
    assert.deepEqual(await tab.settled(), { before: "made", after: "made" });
    assert.deepEqual(tab.complaints, []);
  },
};
