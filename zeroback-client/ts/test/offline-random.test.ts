/**
 * Several tabs on one storage, while everything goes wrong that may: connections are lost, tabs are closed and opened,
 * and end between any two operations of a storage that fails. `ZEROBACK_SEEDS` tells how many scenes are played.
 */

import { describe, expect, test } from "vitest";
import type { Id } from "../src/index.js";
import { api } from "./api.js";
import { Device, rest, type Tab } from "./device.js";
import { generator } from "./random.js";
import { observe, type Settled } from "./world.js";

const projectId = "projects_1" as Id<"projects">;

const users = [undefined, "ann", "bob"];

interface Made {
  readonly text: string;
  readonly tab: Tab;
  readonly outcome: () => Settled;
}

interface Faults {
  readonly storage: boolean;
  /** Whether other users come. Then those of one wait for their return, and so are in no order with others'. */
  readonly users?: boolean;
}

class Scene {
  readonly device = new Device();
  readonly made: Made[] = [];
  readonly #random: () => number;
  readonly #faults: Faults;

  constructor(seed: number, faults: Faults) {
    this.#random = generator(seed);
    this.#faults = faults;
  }

  upTo(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  async open(): Promise<void> {
    if (this.device.tabs.length >= 4) return;
    const tab = await this.device.open();
    const list = tab.client.watch(api.tasks.list, { projectId });
    list.subscribe(() => {});
  }

  async kill(tab: Tab): Promise<void> {
    await this.device.kill(tab);
    // What was under way may still arrive.
    for (let count = this.upTo(4); count > 0; count--) tab.server.read();
  }

  create(tab: Tab): void {
    const text = `${this.#random() < 0.15 ? "bad" : "task"}${this.made.length}`;
    const outcome = observe(tab.client.mutation(api.tasks.create, { projectId, text }));
    this.made.push({ text, tab, outcome });
  }

  async step(): Promise<void> {
    const { device } = this;
    const tab = device.tabs[this.upTo(device.tabs.length)];
    if (tab === undefined) return this.open();
    const { server, client } = tab;
    const steps: Array<[weight: number, step: () => unknown]> = [
      [5, () => this.create(tab)],
      [10, () => server.read()],
      [6, () => server.flush()],
      [8, () => client.connectionState === "connecting" && server.accept()],
      [1, () => client.connectionState === "connected" && tab.world.socket.drop()],
      [0.5, () => client.connectionState === "connected" && server.forgetRequests()],
      [0.4, () => (server.refuseNext = ["unavailable", "migrating", "rate_limited"][this.upTo(3)])],
      [1, () => this.open()],
      [0.5, () => this.kill(tab)],
      [0.8, () => (tab.diesIn = this.upTo(12))],
      [this.#faults.storage ? 0.8 : 0, () => (tab.failsIn = this.upTo(5))],
      [this.#faults.storage ? 0.2 : 0, () => (tab.isFull = !tab.isFull)],
      [this.#faults.users ? 0.8 : 0, () => this.meet(tab, users[this.upTo(3)])],
      [5, () => device.advance(this.upTo(600))],
    ];
    const total = steps.reduce((sum, [weight]) => sum + weight, 0);
    let at = this.#random() * total;
    await (steps.find(([weight]) => (at -= weight) < 0) ?? steps[0])?.[1]();
    await rest();
    for (const other of [...device.tabs]) if (other.isDead) await this.kill(other);
  }

  /** Somebody else has the tab from now on. */
  meet(tab: Tab, user: string | undefined): void {
    tab.server.identity = user;
    if (tab.client.connectionState === "connected") tab.world.socket.drop();
  }

  /** Goes on without faults until nothing is left to be said. */
  async heal(): Promise<void> {
    for (const tab of this.device.tabs) {
      tab.failsIn = tab.diesIn = Infinity;
      tab.isFull = false;
      tab.server.refuseNext = undefined;
    }
    await this.open();
    await this.device.run(80, 1_000);
    for (const user of this.#faults.users ? users : []) {
      for (const tab of this.device.tabs) this.meet(tab, user);
      await this.device.run(40, 1_000);
    }
  }

  async expectAllWell(): Promise<void> {
    const { device, made } = this;
    const live = new Set(device.tabs);
    const texts = device.texts;
    for (const { text, tab, outcome } of made) {
      const count = texts.filter((other) => other === text).length;
      const settled = outcome();
      const isBad = text.startsWith("bad");
      // What a page has not written yet is gone with it, and so is what a storage that failed had to give up.
      const hasLeft = this.#faults.users && settled.status === "rejected" && ["outcome_unknown", "client_closed"].includes(String(settled.code));
      const isGone = (!live.has(tab) || hasLeft) && (!device.everKept.has(text) || tab.hasFailed);
      const name = `${text}: made ${count} times, ${JSON.stringify(settled)}, ${live.has(tab) ? "live" : "gone"}`;
      expect(count, name).toBeLessThanOrEqual(1);
      if (live.has(tab) && !hasLeft) {
        expect(settled.status, name).toBe(isBad ? "rejected" : "resolved");
      }
      if (settled.status === "resolved") expect(device.database.log.find((task) => task.text === text)?._id, name).toBe(settled.value);
      if (isBad) {
        expect(count, name).toBe(0);
        if (!isGone) expect(device.refused.map(({ args }) => (args as { text: string }).text), name).toContain(text);
      } else if (!isGone) expect(count, name).toBe(1);
    }
    expect(device.refused.map(({ code }) => code)).toEqual(device.refused.map(() => "too_long"));
    // Each tab's own are in the order of its calls.
    for (const tab of new Set(made.map((each) => each.tab))) {
      const own = made.filter((each) => each.tab === tab).map(({ text }) => text);
      const order = texts.filter((text) => own.includes(text));
      if (!this.#faults.users) expect(order).toEqual(own.filter((text) => order.includes(text)));
    }
    expect(await device.kept("mutation")).toEqual([]);
    for (const tab of device.tabs) {
      expect(tab.client.connectionDetails).toMatchObject({ state: "connected", inflightMutations: 0 });
      const state = tab.client.watch(api.tasks.list, { projectId }).state();
      expect(state).toEqual({ status: "success", value: device.database.log });
    }
  }
}

const seeds = Array.from({ length: Number(process.env["ZEROBACK_SEEDS"] ?? 60) }, (_, seed) => seed + 1);

async function play(seed: number, faults: Faults): Promise<Scene> {
  const scene = new Scene(seed, faults);
  await scene.open();
  for (let count = 0; count < 200; count++) await scene.step();
  await scene.heal();
  return scene;
}

describe("several tabs that come and go", () => {
  test.each(seeds)("seed %i: each mutation is made once and in order, and none is lost", async (seed) => {
    await (await play(seed, { storage: false })).expectAllWell();
  });

  test.each(seeds)("seed %i, with users that come and go", async (seed) => {
    await (await play(seed, { storage: false, users: true })).expectAllWell();
  });

  test.each(seeds)("seed %i, with a storage that fails", async (seed) => {
    await (await play(seed, { storage: true })).expectAllWell();
  });
});

describe("a tab that is closed", () => {
  /** Makes three mutations, of which one is answered, one sent and one not sent; dies in the given operation. */
  async function script(diesIn: number): Promise<{ device: Device; tab: Tab; written: number }> {
    const device = new Device();
    const tab = await device.open();
    await device.run(1);
    tab.diesIn = diesIn;
    let written = 0;
    for (const text of ["a", "bad", "b"]) {
      if (tab.isDead) break;
      void observe(tab.client.mutation(api.tasks.create, { projectId, text }));
      await rest();
      // A page that is gone before its first write has ended has told nobody that there was anything.
      if ((await device.kept("mutation")).length + device.texts.length + device.refused.length > written) written++;
      if (text !== "b" && !tab.isDead) await tab.serve();
      await rest();
    }
    return { device, tab, written };
  }

  test.each(Array.from({ length: 30 }, (_, at) => at))("in half-operation %i of a script loses nothing, and makes nothing twice", async (at) => {
    const { device, tab } = await script(at);
    const kept = (await device.disk.read(`["mutation",`)).map(([, text]) => (JSON.parse(text) as { args: { text: string } }).args.text);
    const before = device.texts;
    await device.kill(tab);
    while (tab.server.waiting > 0) tab.server.read();
    await device.open();
    await device.run(20, 1_000);
    expect(new Set(device.texts).size).toBe(device.texts.length);
    for (const text of [...kept, ...before]) {
      if (text === "bad") expect(device.refused.map(({ code }) => code)).toContain("too_long");
      else expect(device.texts).toContain(text);
    }
    expect(device.texts).toEqual([...device.texts].sort());
    expect(device.refused.map(({ code }) => code).filter((code) => code !== "too_long")).toEqual([]);
    expect(await device.kept("mutation")).toEqual([]);
  });
});
