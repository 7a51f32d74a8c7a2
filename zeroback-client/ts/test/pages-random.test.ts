/** Pages against a plain list, while rows, connections, cursors and listeners come and go at random. */

import { expect, test } from "vitest";
import { functionReference } from "../src/index.js";
import { type Page, type PageOpts, Pages } from "../src/pages.js";
import { PageServer, type Row } from "./page-server.js";
import { settle, World } from "./world.js";

const SEEDS = 300;
const STEPS = 120;

const list = functionReference<"query", { page: PageOpts }, Page<Row>>("rows:list");

/** Returns numbers below `count`, the same for the same seed (mulberry32). */
function dice(seed: number): (count: number) => number {
  let state = seed;
  return (count) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * count);
  };
}

class Run {
  readonly world = new World();
  readonly server = new PageServer(this.world);
  readonly client = this.world.client();
  readonly pages: Pages<Row>;
  /** The version that was shown last. */
  #version = 0;
  #nextRow = 0;
  #stop: (() => void) | undefined;

  constructor(readonly roll: (count: number) => number) {
    this.pages = new Pages<Row>((page) => this.client.watch(list, { page }), 1 + roll(4));
    for (let count = roll(20); count > 0; count--) this.#write();
    this.server.accept();
    this.#listen();
  }

  async step(): Promise<void> {
    switch (this.roll(12)) {
      case 0:
      case 1:
      case 2:
        this.#write();
        break;
      case 3:
      case 4:
        this.server.read();
        break;
      case 5:
      case 6:
      case 7:
        this.server.flush();
        break;
      case 8:
        this.pages.loadMore(1 + this.roll(4));
        break;
      case 9:
        if (this.roll(4) === 0) this.#reconnect();
        break;
      case 10:
        if (this.roll(10) === 0) this.server.key++;
        break;
      case 11:
        if (this.roll(4) > 0) break;
        this.#stop?.();
        if (this.roll(2) === 0) await this.world.advance(this.roll(2_000));
        this.#listen();
    }
    if (this.roll(3) > 0) await settle();
    this.check();
  }

  /** Has everything said and answered. */
  async finish(): Promise<void> {
    for (let turn = 0; turn < 40; turn++) {
      await settle();
      while (this.server.read());
      this.server.flush();
      this.check();
    }
    await this.world.advance(5_000);
    while (this.server.read());
  }

  /** What is shown is the beginning of one version, and of none that is older than what was shown before. */
  readonly check = (): void => {
    const state = this.pages.state();
    if (state.error !== undefined) throw state.error;
    const { results, status } = state;
    const texts = results.map((row) => JSON.stringify(row));
    const isShown = (version: readonly Row[]): boolean => {
      const isPrefix = texts.every((text, at) => text === JSON.stringify(version[at]));
      return isPrefix && (status !== "Exhausted" || texts.length === version.length);
    };
    const { history } = this.server;
    while (this.#version < history.length && !isShown(history[this.#version] ?? [])) this.#version++;
    expect(this.#version, `no version begins with ${texts.join(" ")}`).toBeLessThan(history.length);
  };

  #listen(): void {
    this.#stop = this.pages.subscribe(this.check);
  }

  #reconnect(): void {
    this.world.socket.drop();
    this.world.wake();
    this.server.accept();
  }

  #write(): void {
    const { rows } = this.server;
    const which = this.roll(Math.max(rows.length, 1));
    const others = rows.filter((_, at) => at !== which);
    const one = rows[which];
    const act = this.roll(5);
    if (act === 0) return this.server.write(others);
    // It moves elsewhere, perhaps to another page.
    if (act === 1 && one !== undefined) return this.server.write([...others, { ...one, rank: this.roll(100) }]);
    if (act === 2 && one !== undefined) return this.server.write([...others, { ...one, text: `${one.text}!` }]);
    this.server.write([...rows, { _id: `row_${this.#nextRow++}`, rank: this.roll(100), text: "" }]);
  }
}

test.each(Array.from({ length: SEEDS }, (_, at) => at + 1))("one list, whatever happens (seed %i)", async (seed) => {
  const run = new Run(dice(seed));
  for (let step = 0; step < STEPS; step++) await run.step();
  await run.finish();

  const { server, pages, world } = run;
  const state = pages.state();
  if (state.error !== undefined) throw state.error;
  const { results, status } = state;
  expect(results).toEqual(server.rows.slice(0, results.length));
  expect(status).not.toMatch(/^Loading/);
  expect(status === "Exhausted" ? results.length : 0).toBe(status === "Exhausted" ? server.rows.length : 0);
  // Each page has its end, and none is left of those that were asked for again.
  const ends = server.pages.map(({ endCursor }) => endCursor);
  expect(new Set(ends).size).toBe(ends.length);
  expect(ends).not.toContain(undefined);
  expect(world.warnings).toEqual([]);
});
