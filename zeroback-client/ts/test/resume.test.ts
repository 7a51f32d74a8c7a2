/** Results that are kept: changed by deltas, and taken up again by the next connection. */

import { describe, expect, test, vi } from "vitest";
import type { Id } from "../src/index.js";
import { api } from "./api.js";
import { observe, settle, World } from "./world.js";

const projectId = "projects_1" as Id<"projects">;
const whole = (queryId: number, tag: string, value: unknown) => ({ queryId, tag, status: "success", value });
const failed = (queryId: number, tag: string, errorCode: string) => ({
  queryId,
  tag,
  status: "error",
  errorCode,
  errorMessage: errorCode,
});
const deltas = (queryId: number, base: string, tag: string, ...list: unknown[]) => ({ queryId, base, tag, deltas: list });
const document = (name: string, text = name) => ({ _id: `tasks_${name}`, text });
const append = (at: number, value: unknown) => ({ list: [[at, null, 0, [value]]] });

/** Two live queries with results: the tasks `[a, b]` with tag `t1` as query 1, the projects `["p"]` with `p1` as 2. */
async function live() {
  const world = new World();
  const client = world.client();
  world.socket.accept();
  const tasks = client.watch(api.tasks.list, { projectId });
  const projects = client.watch(api.projects.list);
  const onTasks = vi.fn();
  const onProjects = vi.fn();
  const stopTasks = tasks.subscribe(onTasks);
  const stopProjects = projects.subscribe(onProjects);
  await settle();
  world.socket.transition(7, { queries: [whole(1, "t1", [document("a"), document("b")]), whole(2, "p1", ["p"])] });
  world.socket.receivedInFull();
  onTasks.mockClear();
  onProjects.mockClear();
  const value = (watch: { state: () => object }) => (watch.state() as { value?: unknown }).value;
  return { world, client, tasks, projects, onTasks, onProjects, stopTasks, stopProjects, value, socket: world.socket };
}

type Live = Awaited<ReturnType<typeof live>>;

/** Loses the connection, and accepts the next one. */
function comeBack({ world }: Pick<Live, "world">, limits?: object) {
  world.socket.drop();
  world.wake();
  world.socket.accept(limits);
  return world.socket;
}

describe("deltas", () => {
  test("change the result that has their base, and leave the rest of it and all others as they are", async () => {
    const { socket, tasks, projects, onTasks, onProjects, value } = await live();
    const before = value(tasks) as unknown[];
    const shown = projects.state();
    socket.transition(8, { queries: [deltas(1, "t1", "t2", { list: [[1, "tasks_b", { set: { text: "B" } }]] })] });
    expect(value(tasks)).toEqual([document("a"), document("b", "B")]);
    expect((value(tasks) as unknown[])[0]).toBe(before[0]);
    expect(before).toEqual([document("a"), document("b")]);
    expect(projects.state()).toBe(shown);
    expect([onTasks.mock.calls.length, onProjects.mock.calls.length]).toEqual([1, 0]);
  });

  test("are applied one after another, and the next ones to what they made", async () => {
    const { socket, tasks, value } = await live();
    socket.transition(8, { queries: [deltas(1, "t1", "t3", append(2, document("c")), append(3, document("d")))] });
    socket.transition(9, { queries: [deltas(1, "t3", "t4", { list: [[0, "tasks_a", 2, []]] })] });
    expect(value(tasks)).toEqual([document("c"), document("d")]);
    expect(socket.received()).toEqual([]);
  });

  test.each([
    ["from another base", deltas(1, "t0", "t2", append(2, document("c")))],
    ["where another document stands", deltas(1, "t1", "t2", { list: [[1, "tasks_x", { set: { text: "B" } }]] })],
    ["of another form of value", deltas(1, "t1", "t2", { set: { text: "B" } })],
    ["of which only the first fits", deltas(1, "t1", "t2", append(2, document("c")), append(9, document("d")))],
  ])("%s: the whole is asked for, and nothing of a newer version is shown before it", async (_, update) => {
    const { socket, client, tasks, projects, onTasks, onProjects, value } = await live();
    const before = [tasks.state(), projects.state()];
    const reset = observe(client.mutation(api.tasks.reset));
    await settle();
    socket.receivedInFull();
    socket.transition(8, {
      queries: [update, whole(2, "p2", ["q"])],
      answers: [{ requestId: 1, status: "success", value: null }],
    });
    await settle();
    const add = [{ queryId: 3, path: "tasks:list", args: { projectId } }];
    expect(socket.receivedInFull()).toEqual([{ type: "querySet", set: 2, add, remove: [1] }]);
    // What was on its way to the old id is of no use any more.
    socket.transition(9, { set: 1, queries: [deltas(1, "t2", "t3", append(2, document("c"))), whole(2, "p3", ["r"])] });
    await settle();
    expect([tasks.state(), projects.state()]).toEqual(before);
    expect([onTasks.mock.calls.length, onProjects.mock.calls.length]).toEqual([0, 0]);
    expect(reset()).toEqual({ status: "pending" });
    socket.transition(9, { queries: [whole(3, "t3", ["all"])] });
    await settle();
    expect([value(tasks), value(projects)]).toEqual([["all"], ["r"]]);
    expect([onTasks.mock.calls.length, onProjects.mock.calls.length]).toEqual([1, 1]);
    expect(reset()).toEqual({ status: "resolved", value: null });
    socket.transition(10, { queries: [deltas(3, "t3", "t4", append(1, "more"))] });
    expect(value(tasks)).toEqual(["all", "more"]);
  });

  test("of an error, or of what has not come yet, do not fit either", async () => {
    const { socket, client } = await live();
    client.onUpdate(api.projects.count, {}, () => {});
    await settle();
    socket.receivedInFull();
    socket.transition(8, { queries: [failed(2, "e1", "forbidden"), deltas(3, "c0", "c1", { set: {} })] });
    expect(socket.received()).toMatchObject([{ add: [{ queryId: 4, path: "projects:count" }], remove: [3] }]);
    socket.transition(9, { queries: [deltas(2, "e1", "e2", { set: {} })] });
    expect(socket.received()).toMatchObject([{ add: [{ queryId: 5, path: "projects:list" }], remove: [2] }]);
  });

  test("a connection that is lost before the whole has come: the next one asks for it", async () => {
    const scene = await live();
    scene.socket.transition(8, { queries: [deltas(1, "t0", "t2", append(2, document("c")))] });
    const socket = comeBack(scene);
    expect(socket.receivedInFull()).toEqual([
      {
        type: "querySet",
        set: 3,
        add: [
          { queryId: 3, path: "tasks:list", args: { projectId } },
          { queryId: 2, path: "projects:list", args: {}, tag: "p1" },
        ],
      },
    ]);
    expect(scene.value(scene.tasks)).toHaveLength(2);
    socket.transition(9, { queries: [whole(3, "t1", [document("a"), document("b")])] });
    // The same tag says the same result.
    expect(scene.onTasks).not.toHaveBeenCalled();
    expect(scene.world.warnings).toEqual([]);
  });
});

describe("a new connection", () => {
  test("is sent the tags of what is held; what is unchanged keeps its state, and no listener is called", async () => {
    const scene = await live();
    const states = [scene.tasks.state(), scene.projects.state()];
    const socket = comeBack(scene);
    expect(socket.receivedInFull()).toEqual([
      {
        type: "querySet",
        set: 2,
        add: [
          { queryId: 1, path: "tasks:list", args: { projectId }, tag: "t1" },
          { queryId: 2, path: "projects:list", args: {}, tag: "p1" },
        ],
      },
    ]);
    socket.transition(7);
    expect([scene.tasks.state(), scene.projects.state()]).toEqual(states);
    expect([scene.tasks.state(), scene.projects.state()].map((state, at) => state === states[at])).toEqual([true, true]);
    expect([scene.onTasks.mock.calls.length, scene.onProjects.mock.calls.length]).toEqual([0, 0]);
    // Both go on from there.
    socket.transition(8, { queries: [deltas(1, "t1", "t2", append(2, document("c")))] });
    expect(scene.value(scene.tasks)).toHaveLength(3);
  });

  test("gets what has changed: by deltas, as a whole, with the same tag again", async () => {
    const scene = await live();
    const socket = comeBack(scene);
    const shown = scene.projects.state();
    socket.transition(9, {
      queries: [deltas(1, "t1", "t3", append(2, document("c")), append(3, document("d"))), whole(2, "p1", ["p"])],
    });
    expect(scene.value(scene.tasks)).toHaveLength(4);
    expect(scene.projects.state()).toBe(shown);
    expect([scene.onTasks.mock.calls.length, scene.onProjects.mock.calls.length]).toEqual([1, 0]);
  });

  test("an error is held with its tag as a value is", async () => {
    const scene = await live();
    scene.socket.transition(8, { queries: [failed(2, "e1", "forbidden")] });
    const shown = scene.projects.state();
    const socket = comeBack(scene);
    expect(socket.receivedInFull()).toMatchObject([{ add: [{ tag: "t1" }, { tag: "e1" }] }]);
    socket.transition(8, { queries: [failed(1, "e2", "internal")] });
    expect(scene.projects.state()).toBe(shown);
    expect(scene.tasks.state()).toMatchObject({ status: "error", error: { code: "internal" } });
    expect([scene.onTasks.mock.calls.length, scene.onProjects.mock.calls.length]).toEqual([1, 1]);
  });

  test("a result without a tag is asked for as if there were none", async () => {
    const scene = await live();
    const { errorCode, errorMessage, status } = failed(0, "", "migrating");
    scene.socket.transition(8, { queries: [{ queryId: 2, status, errorCode, errorMessage }] });
    const socket = comeBack(scene);
    const [{ add }] = socket.receivedInFull() as [{ add: object[] }];
    expect(add[1]).toEqual({ queryId: 2, path: "projects:list", args: {} });
  });

  test("may lead to a restored database, whose version is lower", async () => {
    const scene = await live();
    const socket = comeBack(scene);
    socket.say({ type: "transition", version: [2, 0], set: 2, queries: [whole(1, "t0", [])] });
    expect(scene.value(scene.tasks)).toEqual([]);
    socket.say({ type: "transition", version: [2, 1], queries: [deltas(1, "t0", "t9", append(0, document("z")))] });
    expect(scene.value(scene.tasks)).toEqual([document("z")]);
    expect(scene.world.warnings).toEqual([]);
  });

  test("of a server that has forgotten all: whole results, and those that are the same are no news", async () => {
    const scene = await live();
    const socket = comeBack(scene);
    socket.transition(0, { queries: [whole(1, "t1", [document("a"), document("b")]), whole(2, "p1", ["p"])] });
    expect([scene.onTasks.mock.calls.length, scene.onProjects.mock.calls.length]).toEqual([0, 0]);
  });
});

describe("until all of a new connection has come", () => {
  /** Comes back with one message for each query: sets 2 and 3. */
  async function halfway() {
    const scene = await live();
    scene.world.socket.say({ type: "connected", protocol: 1, limits: { messageBytesMax: 120 } });
    const socket = comeBack(scene, { messageBytesMax: 120 });
    expect(socket.receivedInFull()).toMatchObject([
      { set: 2, add: [{ queryId: 1, tag: "t1" }] },
      { set: 3, add: [{ queryId: 2, tag: "p1" }] },
    ]);
    const shown = () => [scene.value(scene.tasks), scene.value(scene.projects)];
    const calls = () => [scene.onTasks.mock.calls.length, scene.onProjects.mock.calls.length];
    return { ...scene, socket, shown, calls, old: shown() };
  }

  test("nothing of it is shown and no answer given; then all moves at once", async () => {
    const { client, world, socket, shown, calls, old, tasks, projects } = await halfway();
    const reset = observe(client.mutation(api.tasks.reset));
    const count = observe(client.query(api.projects.count));
    await settle();
    socket.transition(20, { set: 2, queries: [deltas(1, "t1", "t2", append(2, document("c")))] });
    socket.transition(21, {
      set: 2,
      queries: [deltas(1, "t2", "t3", append(3, document("d")))],
      answers: [
        { requestId: 1, status: "success", value: null },
        { requestId: 2, status: "success", value: 4 },
      ],
    });
    await settle();
    expect([shown(), calls(), reset(), count()]).toEqual([old, [0, 0], { status: "pending" }, { status: "pending" }]);
    const seen: unknown[] = [];
    tasks.subscribe(() => seen.push(shown()));
    projects.subscribe(() => seen.push(shown()));
    socket.transition(22, { set: 3, queries: [whole(2, "p2", ["q"])] });
    const all = [[document("a"), document("b"), document("c"), document("d")], ["q"]];
    expect(seen).toEqual([all, all]);
    expect(calls()).toEqual([1, 1]);
    await settle();
    expect([reset(), count()]).toEqual([
      { status: "resolved", value: null },
      { status: "resolved", value: 4 },
    ]);
    expect(world.warnings).toEqual([]);
  });

  test("a query that is asked meanwhile does not have to be waited for", async () => {
    const { client, socket, shown, calls } = await halfway();
    const onCount = vi.fn();
    client.onUpdate(api.projects.count, {}, onCount);
    await settle();
    expect(socket.receivedInFull()).toMatchObject([{ set: 4, add: [{ queryId: 3 }] }]);
    socket.transition(20, { set: 3, queries: [whole(2, "p2", ["q"])] });
    expect([shown()[1], calls(), onCount.mock.calls.length]).toEqual([["q"], [0, 1], 0]);
    socket.transition(20, { set: 4, queries: [whole(3, "c1", 5)] });
    expect(onCount.mock.calls).toEqual([[5]]);
  });

  test("its result waits with the others, if it comes with theirs", async () => {
    const { client, socket, calls } = await halfway();
    const onCount = vi.fn();
    client.onUpdate(api.projects.count, {}, onCount);
    await settle();
    socket.transition(20, { set: 2, queries: [whole(1, "t2", [])] });
    expect(calls()).toEqual([0, 0]);
    socket.transition(21, { set: 4, queries: [whole(2, "p2", ["q"]), whole(3, "c1", 5)] });
    expect([calls(), onCount.mock.calls]).toEqual([[1, 1], [[5]]]);
  });

  test("a query that ends meanwhile is forgotten, and the others go on", async () => {
    const { world, socket, tasks, stopTasks, shown, calls } = await halfway();
    socket.transition(20, { set: 2, queries: [whole(1, "t2", [])] });
    stopTasks();
    await world.advance(1_000);
    expect(socket.receivedInFull()).toEqual([{ type: "querySet", remove: [1] }]);
    socket.transition(21, { set: 3, queries: [whole(2, "p2", ["q"])] });
    expect([tasks.state(), shown()[1], calls()]).toEqual([{ status: "loading" }, ["q"], [0, 1]]);
  });

  test("lost again: what has come is not shown, and the next one goes on from it", async () => {
    const scene = await halfway();
    scene.socket.transition(20, { set: 2, queries: [deltas(1, "t1", "t2", append(2, document("c")))] });
    const socket = comeBack(scene);
    expect(scene.calls()).toEqual([0, 0]);
    expect(socket.receivedInFull()).toMatchObject([
      { set: 4, add: [{ tag: "t2" }] },
      { set: 5, add: [{ tag: "p1" }] },
    ]);
    expect(scene.shown()).toEqual(scene.old);
    socket.transition(21, { set: 4 });
    expect(scene.calls()).toEqual([0, 0]);
    socket.transition(21, { set: 5 });
    expect([scene.shown(), scene.calls()]).toEqual([
      [[document("a"), document("b"), document("c")], ["p"]],
      [1, 0],
    ]);
  });

  test("lost as it is asked: what has come before is not shown", async () => {
    const scene = await halfway();
    scene.socket.transition(20, { set: 2, queries: [deltas(1, "t1", "t2", append(2, document("c")))] });
    for (const framesLeft of [0, 1, 2]) {
      scene.world.socket.drop();
      scene.world.wake();
      scene.world.socket.framesLeft = framesLeft;
      scene.world.socket.open();
      expect([scene.world.socket.closedByClient, scene.shown(), scene.calls()]).toEqual([true, scene.old, [0, 0]]);
    }
  });

  test("lost again: what went and came back unseen has not changed", async () => {
    const scene = await halfway();
    const shown = scene.tasks.state();
    scene.socket.transition(20, { set: 2, queries: [deltas(1, "t1", "t2", append(2, document("c")))] });
    const socket = comeBack(scene);
    socket.transition(21, { queries: [deltas(1, "t2", "t1", { list: [[2, "tasks_c", 1, []]] })] });
    expect(scene.tasks.state()).toBe(shown);
    expect(scene.calls()).toEqual([0, 0]);
  });

  test("lost again: an answer that has come is not asked for again, and is given when all is shown", async () => {
    const scene = await halfway();
    const reset = observe(scene.client.mutation(api.tasks.reset));
    await settle();
    scene.socket.transition(20, { set: 2, answers: [{ requestId: 1, status: "success", value: null }] });
    const socket = comeBack(scene);
    await settle();
    expect(reset()).toEqual({ status: "pending" });
    expect(socket.received().map(({ type }) => type)).toEqual(["querySet", "querySet"]);
    socket.transition(21);
    await settle();
    expect(reset()).toEqual({ status: "resolved", value: null });
  });

  test("lost again: an answer is given also where nothing is live any more", async () => {
    const scene = await halfway();
    const reset = observe(scene.client.mutation(api.tasks.reset));
    await settle();
    scene.socket.transition(20, { set: 2, answers: [{ requestId: 1, status: "success", value: null }] });
    scene.socket.drop();
    scene.stopTasks();
    scene.stopProjects();
    await scene.world.advance(1_000);
    scene.world.socket.accept();
    await settle();
    expect(scene.world.socket.received()).toEqual([]);
    expect(reset()).toEqual({ status: "resolved", value: null });
  });

  test("a message that the server refuses is not waited for", async () => {
    const { socket, shown, calls, world } = await halfway();
    socket.transition(20, { set: 2, queries: [whole(1, "t2", [])] });
    socket.say({ type: "error", errorCode: "limit_exceeded", errorMessage: "too much" });
    expect([shown(), calls()]).toEqual([[[], ["p"]], [1, 0]]);
    expect(world.warnings).toEqual([expect.stringContaining("too much")]);
  });

  test("the client is closed: an answer that has come is given", async () => {
    const { client, socket, calls } = await halfway();
    const reset = observe(client.mutation(api.tasks.reset));
    await settle();
    socket.transition(20, { set: 2, queries: [whole(1, "t2", [])], answers: [{ requestId: 1, status: "success", value: null }] });
    client.close();
    await settle();
    expect([reset(), calls()]).toEqual([{ status: "resolved", value: null }, [0, 0]]);
  });
});

describe("what is too large to be asked", () => {
  test("fails once, however often the connection is lost", async () => {
    const world = new World();
    const client = world.client();
    world.socket.accept({ messageBytesMax: 150 });
    const onError = vi.fn();
    client.onUpdate(api.tasks.list, { projectId: "x".repeat(200) as Id<"projects"> }, () => {}, onError);
    await settle();
    comeBack({ world }, { messageBytesMax: 150 });
    comeBack({ world }, { messageBytesMax: 150 });
    expect(onError).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: "message_too_large" }));
    comeBack({ world }, { messageBytesMax: 1_500 });
    const socket = comeBack({ world });
    expect(socket.received()).toMatchObject([{ type: "querySet", add: [{ path: "tasks:list" }] }]);
    expect(onError).toHaveBeenCalledTimes(1);
  });
});
