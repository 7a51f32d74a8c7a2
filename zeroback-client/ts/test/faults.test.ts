/**
 * The client against a server that keeps the rules, while everything goes wrong that may. `ZEROBACK_SEEDS`
 * tells how many random scenes are played of each kind.
 */

import { describe, expect, test } from "vitest";
import type { Id, MutationOptions, ZerobackClient } from "../src/index.js";
import { api } from "./api.js";
import { FakeServer, type Task } from "./fake-server.js";
import { generator } from "./random.js";
import { observe, type Settled, settle, World } from "./world.js";

/** Long enough for a few queries not to fit one message. */
const projects = ["a", "b", "c", "d"].map((letter) => `projects_${letter.repeat(60)}` as Id<"projects">);
const [projectId = "" as Id<"projects">] = projects;

class Scene {
  readonly world = new World();
  readonly server = new FakeServer(this.world);
  readonly client: ZerobackClient;
  readonly calls: Array<{ readonly text: string; readonly outcome: () => Settled }> = [];
  readonly reads: Array<() => Settled> = [];
  readonly lists: Array<ReturnType<ZerobackClient["watch"]>>;
  readonly #count;
  /** Set where what was answered may be lost again. */
  isRestored = false;
  changes = 0;
  readonly #wrong: unknown[] = [];
  /** What was guessed of calls, by their texts: whether it was shown. */
  readonly guessed = new Map<string, boolean>();

  constructor(readonly guesses = false) {
    const platform = { ...this.world, connect: this.server.connect };
    this.client = this.world.client({ platform, lingerMs: 10 });
    this.lists = projects.map((id) => this.client.watch(api.tasks.list, { projectId: id }));
    this.#count = this.client.watch(api.projects.count);
  }

  /** Watches all queries: what is shown must be of one version, and news must be news. */
  listen(): void {
    for (const watch of [...this.lists, this.#count]) {
      let shown = watch.state();
      watch.subscribe(() => {
        const state = watch.state();
        this.changes++;
        this.#note(() => {
          expect(state).not.toEqual(shown);
          shown = state;
          this.#expectOneVersion();
          this.#expectEachOnce();
        });
      });
    }
  }

  create(kind = "task"): void {
    const text = `${kind}${this.calls.length}`;
    const isShown = this.lists[0]?.state().status === "success";
    if (this.guesses) this.guessed.set(text, isShown && kind === "task");
    const promise = this.client.mutation(api.tasks.create, { projectId, text }, this.guesses ? GUESS : {});
    const seen = promise.then((id) => {
      const state = this.lists[0]?.state();
      if (state?.status !== "success" || this.isRestored) return;
      expect((state.value as Task[]).map(({ _id }) => _id)).toContain(id);
    });
    seen.catch(() => {});
    this.calls.push({ text, outcome: observe(Promise.all([promise, seen]).then(([id]) => id)) });
  }

  read(): void {
    this.reads.push(observe(this.client.query(api.projects.count)));
  }

  /** Loses the connection; `more` messages that were under way are still read, and their answers lost. */
  drop(more: number): void {
    const { socket } = this.world;
    socket.drop();
    for (let count = 0; count < more; count++) this.server.read();
  }

  /** Goes on without faults until nothing is left to be said. */
  async heal(): Promise<void> {
    this.server.badNext = this.server.wrongBaseNext = false;
    this.server.refuseNext = undefined;
    for (let round = 0; round < 60; round++) {
      if (this.client.connectionState === "disconnected") this.world.wake();
      if (this.client.connectionState === "connecting") this.server.accept();
      await settle();
      while (this.server.waiting > 0) this.server.read();
      this.server.flush();
      await this.world.advance(1_000);
    }
  }

  #expectOneVersion(): void {
    const states = [...this.lists, this.#count].map((watch) => watch.state());
    const sizes = states.flatMap((state) => (state.status === "success" ? [sizeOf(state.value)] : []));
    expect(new Set(sizes).size).toBeLessThanOrEqual(1);
  }

  /** Keeps what is wrong for the end: the client would take it for a listener that throws. */
  #note(check: () => void): void {
    try {
      check();
    } catch (cause) {
      this.#wrong.push(cause);
    }
  }

  /** What was guessed is seen from the call on, and never beside what it is a guess of. */
  #expectEachOnce(): void {
    const state = this.lists[0]?.state();
    if (state?.status !== "success") return;
    const texts = (state.value as Task[]).map(({ text }) => text);
    for (const [text, isShown] of this.guessed) {
      const count = texts.filter((other) => other === text).length;
      expect(count, `${text} among ${texts.join(", ")}`).toBeLessThanOrEqual(1);
      if (isShown) expect(count, `${text} among ${texts.join(", ")}`).toBe(1);
    }
  }

  expectAllWell(): void {
    for (const cause of this.#wrong) throw cause;
    const { log } = this.server;
    for (const { text, outcome } of this.calls) {
      const settled = outcome();
      const made = log.filter((task) => task.text === text);
      const tag = `${text}: ${JSON.stringify(settled)}, made ${made.length} times`;
      expect(settled.status, tag).not.toBe("pending");
      if (settled.status === "resolved" && !this.isRestored) expect(made.map(({ _id }) => _id), tag).toEqual([settled.value]);
      else if (settled.status === "rejected" && settled.code !== "outcome_unknown") {
        expect(["too_long", "bad_message"], tag).toContain(settled.code);
        expect(made, tag).toEqual([]);
      } else expect(made.length, tag).toBeLessThanOrEqual(1);
    }
    const order = log.map(({ text }) => this.calls.findIndex((call) => call.text === text));
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(this.reads.map((outcome) => outcome().status)).toEqual(this.reads.map(() => "resolved"));
    for (const watch of this.lists) expect(watch.state()).toEqual({ status: "success", value: log });
    expect(this.#count.state()).toEqual({ status: "success", value: log.length });
    expect(this.client.connectionDetails).toMatchObject({ state: "connected", inflightMutations: 0 });
  }

  get unknown(): number {
    return this.calls.filter(({ outcome }) => JSON.stringify(outcome()).includes("outcome_unknown")).length;
  }
}

const GUESS: MutationOptions<typeof api.tasks.create> = {
  optimisticUpdate(store, { text }) {
    const guess = { _id: `guess of ${text}`, text } as never;
    for (const id of projects) store.update(api.tasks.list, { projectId: id }, (tasks) => [...tasks, guess]);
    store.update(api.projects.count, {}, (count) => count + 1);
  },
};

function sizeOf(value: unknown): unknown {
  return Array.isArray(value) ? value.length : value;
}

describe("a connection that is lost at any point of a script", () => {
  /** Makes steps until told to stop. Returns how many there were. */
  async function script(scene: Scene, stopAfter: number): Promise<number> {
    let steps = 0;
    const { server } = scene;
    const doing: Array<() => void> = [
      () => scene.listen(),
      () => server.accept(),
      ...[1, 2, 3, 4].map(() => () => server.read()),
      () => scene.create(),
      () => server.flush(),
      () => scene.create("bad"),
      () => scene.read(),
      ...[1, 2, 3, 4].map(() => () => server.read()),
      () => server.flush(),
      () => scene.create(),
      () => scene.create(),
      () => server.read(),
      () => server.flush(),
      () => server.read(),
      () => server.flush(),
    ];
    for (const step of doing) {
      if (steps++ === stopAfter) break;
      step();
      await settle();
    }
    return doing.length;
  }

  const points = Array.from({ length: 22 }, (_, point) => point);

  test("there is a point for each step", async () => {
    expect(await script(new Scene(), Infinity)).toBe(points.length - 1);
  });

  test.each(points)("after step %i, with what was under way lost", async (point) => {
    const scene = new Scene();
    await script(scene, point);
    scene.drop(0);
    if (point === 0) scene.listen();
    await scene.heal();
    scene.expectAllWell();
    expect(scene.unknown).toBe(0);
  });

  test.each(points)("after step %i, with the answers lost, and again while coming back", async (point) => {
    for (let again = 0; again < 12; again++) {
      const scene = new Scene();
      await script(scene, point);
      if (point === 0) scene.listen();
      scene.drop(10);
      scene.world.wake();
      scene.server.accept();
      for (let step = 0; step < again; step++) step % 2 === 0 ? scene.server.read() : scene.server.flush();
      scene.drop(10);
      await scene.heal();
      scene.expectAllWell();
      expect(scene.unknown).toBe(0);
    }
  });
});

describe("everything at random", () => {
  async function wander(seed: number, faults: Faults): Promise<Scene> {
    const scene = new Scene(faults.guesses);
    const { server, world } = scene;
    const random = generator(seed);
    const upTo = (limit: number): number => Math.floor(random() * limit);
    let backup = server.snapshot();
    const steps: Array<[weight: number, step: () => unknown]> = [
      [4, () => scene.create(random() < 0.2 ? "bad" : "task")],
      [1, () => scene.read()],
      [12, () => server.read()],
      [6, () => server.flush()],
      [6, () => scene.client.connectionState === "connecting" && server.accept()],
      [1, () => scene.client.connectionState === "connected" && scene.drop(upTo(4))],
      [0.5, () => scene.client.connectionState === "connected" && server.forgetRequests()],
      // Who is refused may have been made before, and both are seen.
      [faults.guesses ? 0 : 0.7, () => (server.refuseNext = ["unavailable", "migrating", "schema_conflict", "rate_limited"][upTo(4)])],
      [0.7, () => (server.wrongBaseNext = true)],
      [faults.bad ? 0.4 : 0, () => (server.badNext = true)],
      [0.3, () => scene.lists[upTo(4)]?.subscribe(() => {})()],
      [faults.restore ? 0.2 : 0, () => (backup = server.snapshot())],
      [
        faults.restore ? 0.2 : 0,
        () => {
          scene.isRestored = true;
          scene.drop(0);
          server.restore(backup);
        },
      ],
      [4, () => world.advance(upTo(600))],
    ];
    const total = steps.reduce((sum, [weight]) => sum + weight, 0);
    scene.listen();
    for (let count = 0; count < 250; count++) {
      let at = random() * total;
      const [, step] = steps.find(([weight]) => (at -= weight) < 0) ?? steps[0]!;
      await step();
      await settle();
    }
    await scene.heal();
    return scene;
  }

  interface Faults {
    readonly bad: boolean;
    readonly restore: boolean;
    readonly guesses?: boolean;
  }

  const seeds = Array.from({ length: Number(process.env["ZEROBACK_SEEDS"] ?? 60) }, (_, seed) => seed + 1);

  test.each(seeds)("seed %i: each mutation is made once, in order, and no outcome is unknown", async (seed) => {
    const scene = await wander(seed, { bad: false, restore: false });
    scene.expectAllWell();
    expect(scene.unknown).toBe(0);
  });

  test.each(seeds)("seed %i: what is guessed is seen once, from the call on", async (seed) => {
    (await wander(seed, { bad: false, restore: false, guesses: true })).expectAllWell();
  });

  test.each(seeds)("seed %i, with messages that are not taken", async (seed) => {
    (await wander(seed, { bad: true, restore: false })).expectAllWell();
  });

  test.each(seeds)("seed %i, with a database that is restored", async (seed) => {
    (await wander(seed, { bad: true, restore: true })).expectAllWell();
  });
});
