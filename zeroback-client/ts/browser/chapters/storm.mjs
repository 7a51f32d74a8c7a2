// Tabs that come, go and crash, and a server that is killed, in an order that nobody has thought of.
//
//   ZEROBACK_SEED  the order; without it another one each time

import assert from "node:assert/strict";
import { until } from "../stage.mjs";

const STEPS = 40;
const TABS_MAX = 3;
/** So many at a time that the next step comes while they are written or sent. */
const NOTES_MAX = 200;

/** Returns what gives numbers below a limit, the same ones for a seed. */
function dice(seed) {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

class Storm {
  #stage;
  #list;
  #person;
  #isCut = false;
  #tabs = [];
  #count = 0;
  /** What was added, by the page that has added it. */
  added = [];
  /** What was seen in the database of the browser when a page ended: it must not be lost. */
  kept = new Set();

  constructor(stage, list, person) {
    this.#stage = stage;
    this.#list = list;
    this.#person = person;
  }

  async open() {
    if (this.#tabs.length >= TABS_MAX) return;
    const tab = await this.#person.tab("notes", { list: this.#list, offline: 1 });
    await tab.id("page").waitFor();
    this.#take(tab);
  }

  async step(upTo) {
    const at = upTo(this.#tabs.length);
    const steps = [
      [6, () => this.#add(at, 1 + upTo(NOTES_MAX))],
      [2, () => this.open()],
      [2, () => this.#close(at)],
      [2, () => this.#crash(at)],
      [1, () => this.#reload(at)],
      [3, () => (this.#isCut ? this.mend() : this.#cut())],
    ];
    let left = upTo(steps.reduce((sum, [weight]) => sum + weight, 0));
    await steps.find(([weight]) => (left -= weight) < 0)[1]();
    if (this.#tabs.length === 0) await this.open();
  }

  async mend() {
    if (this.#isCut) await this.#stage.mend();
    this.#isCut = false;
  }

  /** Waits until everything that was left is sent, and returns what the server has. */
  async end() {
    await this.mend();
    const [{ tab }] = this.#tabs;
    await until("everything to be sent", () => tab.kept("mutation"), (kept) => kept.length === 0, (kept) => `${kept.length} are left`);
    for (const { tab, own } of this.#tabs) {
      assert.deepEqual(await tab.settled(), Object.fromEntries(own.map((text) => [text, "made"])));
      for (const text of own) this.kept.add(text);
      assert.deepEqual(tab.complaints, []);
    }
    return this.#stage.texts(this.#list);
  }

  async #add(at, count) {
    const { tab, own } = this.#tabs[at];
    const texts = Array.from({ length: count }, () => `note ${this.#count++}`);
    own.push(...texts);
    await tab.add(texts);
  }

  /** Takes out a tab whose page ends now, whatever it is doing. */
  async #part(at) {
    const [{ tab }] = this.#tabs.splice(at, 1);
    for (const entry of await tab.kept("mutation")) this.kept.add(/"text":"([^"]*)"/.exec(entry)[1]);
    return tab;
  }

  async #close(at) {
    await (await this.#part(at)).page.close();
  }

  async #crash(at) {
    const { page } = await this.#part(at);
    const crashed = page.waitForEvent("crash");
    // The navigation never ends.
    page.goto("chrome://crash").catch(() => {});
    await crashed;
    await page.close();
  }

  async #reload(at) {
    const tab = await this.#part(at);
    await tab.page.reload();
    await tab.id("page").waitFor();
    this.#take(tab);
  }

  #take(tab) {
    this.added.push([]);
    this.#tabs.push({ tab, own: this.added.at(-1) });
  }

  async #cut() {
    this.#isCut = true;
    await this.#stage.cut();
  }
}

export const scenes = {
  async "whatever becomes of tabs and server, each mutation is made once, and those of each page in their order"(stage) {
    const seed = Number(process.env.ZEROBACK_SEED ?? Math.floor(Math.random() * 1_000_000));
    const list = stage.list();
    const person = await stage.person();
    const storm = new Storm(stage, list, person);
    try {
      const upTo = dice(seed);
      await storm.open();
      await person.context.pages()[0].evaluate(() => navigator.serviceWorker.ready);
      for (let count = 0; count < STEPS; count++) await storm.step(upTo);
      const texts = await storm.end();
      assert.equal(new Set(texts).size, texts.length, "some were made twice");
      for (const text of storm.kept) assert.ok(texts.includes(text), `${text} is lost`);
      for (const own of storm.added) {
        const made = texts.filter((text) => own.includes(text));
        assert.deepEqual(made, own.slice(0, made.length));
      }
      return `seed ${seed}: ${texts.length} mutations of ${storm.added.length} pages`;
    } catch (error) {
      error.stack = `ZEROBACK_SEED=${seed}: ${error.stack}`;
      throw error;
    }
  },
};
