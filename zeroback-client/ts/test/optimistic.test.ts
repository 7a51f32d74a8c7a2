/** What is guessed of mutations: shown at once, on top of whatever the server says, and gone when it has it. */

import { describe, expect, test } from "vitest";
import type { Id, OptimisticUpdate } from "../src/index.js";
import { api, type Doc } from "./api.js";
import { observe, settle, World } from "./world.js";

const projectId = "projects_1" as Id<"projects">;
const list = (queryId: number, value: unknown) => ({ queryId, status: "success", value });
const answer = (requestId: number, value: unknown) => ({ requestId, status: "success", value });
const failure = (requestId: number, errorCode: string) => ({ requestId, status: "error", errorCode, errorMessage: errorCode });

const append: OptimisticUpdate<typeof api.projects.rename> = (store, { name }) =>
  store.update(api.projects.names, {}, (names) => [...names, name]);

/** A client that shows the names of projects, and what it has shown of them. */
async function shown(...names: string[]) {
  const world = new World();
  const client = world.client();
  const { socket } = world;
  const seen: unknown[] = [];
  socket.accept();
  client.onUpdate(api.projects.names, {}, (value) => seen.push(value));
  await settle();
  socket.transition(1, { queries: [list(1, names)] });
  seen.length = 0;
  const add = (name: string) => observe(client.mutation(api.projects.rename, { name }, { optimisticUpdate: append }));
  return { world, client, socket, seen, add };
}

describe("a guess", () => {
  test("is shown before the call returns, and the server's own result takes its place at once", async () => {
    const { socket, seen, add } = await shown("a");
    const outcome = add("b");
    expect(seen).toEqual([["a", "b"]]);
    await settle();
    socket.transition(2, { answers: [answer(1, null)], queries: [list(1, ["a", "B"])] });
    expect(seen).toEqual([["a", "b"], ["a", "B"]]);
    await settle();
    expect(outcome()).toEqual({ status: "resolved", value: null });
  });

  test("is taken back when its mutation fails, before the promise rejects", async () => {
    const { socket, seen, client } = await shown("a");
    let atRejection: unknown[] = [];
    const call = client.mutation(api.projects.rename, { name: "b" }, { optimisticUpdate: append });
    call.catch(() => (atRejection = [...seen]));
    await settle();
    socket.transition(2, { answers: [failure(1, "conflict")] });
    await settle();
    expect(atRejection).toEqual([["a", "b"], ["a"]]);
  });

  test("is taken back when the server cannot take the message", async () => {
    const { socket, seen, add } = await shown("a");
    const outcome = add("b");
    await settle();
    socket.say({ type: "error", requestId: 1, errorCode: "bad_message", errorMessage: "no" });
    await settle();
    expect(seen).toEqual([["a", "b"], ["a"]]);
    expect(outcome()).toMatchObject({ status: "rejected", code: "bad_message" });
  });

  test("is taken back when the message is larger than the server takes", async () => {
    const world = new World();
    const client = world.client();
    world.socket.accept({ messageBytesMax: 200 });
    const seen: unknown[] = [];
    client.onUpdate(api.projects.names, {}, (value) => seen.push(value));
    await settle();
    world.socket.transition(1, { queries: [list(1, [])] });
    const name = "x".repeat(300);
    const outcome = observe(client.mutation(api.projects.rename, { name }, { optimisticUpdate: append }));
    expect(seen).toEqual([[], [name]]);
    await settle();
    expect(seen).toEqual([[], [name], []]);
    expect(outcome()).toMatchObject({ code: "message_too_large" });
  });

  test("is made again on top of what others change meanwhile", async () => {
    const { socket, seen, add } = await shown("a");
    add("mine");
    await settle();
    socket.transition(2, { queries: [list(1, ["a", "theirs"])] });
    expect(seen.at(-1)).toEqual(["a", "theirs", "mine"]);
  });

  test("stands on those before it, and goes by itself", async () => {
    const { socket, seen, add } = await shown("a");
    add("b");
    add("c");
    await settle();
    expect(seen.at(-1)).toEqual(["a", "b", "c"]);
    socket.transition(2, { answers: [answer(1, null)], queries: [list(1, ["a", "b"])] });
    expect(seen.at(-1)).toEqual(["a", "b", "c"]);
    socket.transition(3, { answers: [failure(2, "conflict")] });
    expect(seen.at(-1)).toEqual(["a", "b"]);
  });

  test("stays while the connection is lost, and goes with the answer that comes on the next", async () => {
    const { world, seen, add } = await shown("a");
    add("b");
    await settle();
    world.socket.drop();
    await world.advance(60_000);
    expect(seen).toEqual([["a", "b"]]);
    world.socket.accept();
    await settle();
    // It was made on the lost connection: its effect must not be seen beside the guess.
    world.socket.transition(3, { queries: [list(1, ["a", "b"])] });
    expect(seen).toEqual([["a", "b"]]);
    world.socket.transition(3, { answers: [answer(1, null)] });
    expect(seen.at(-1)).toEqual(["a", "b"]);
  });

  test("does not keep what others do from being shown while its mutation is refused for now", async () => {
    const { world, seen, add } = await shown("a");
    add("b");
    await settle();
    world.socket.drop();
    await world.advance(60_000);
    world.socket.accept();
    await settle();
    world.socket.transition(3, { queries: [list(1, ["a", "theirs"])] });
    expect(seen.at(-1)).toEqual(["a", "b"]);
    world.socket.transition(3, { answers: [{ ...failure(1, "unavailable"), resend: true }] });
    expect(seen.at(-1)).toEqual(["a", "theirs", "b"]);
  });

  test("is made again of the arguments as they were at the call", async () => {
    const { socket, seen, client } = await shown("a");
    const args = { name: "b" };
    client.mutation(api.projects.rename, args, { optimisticUpdate: append }).catch(() => {});
    args.name = "changed";
    await settle();
    socket.transition(2, { queries: [list(1, ["x"])] });
    expect(seen.at(-1)).toEqual(["x", "b"]);
  });

  test("that throws at the call rejects it, and nothing is shown or sent", async () => {
    const { socket, seen, client } = await shown("a");
    socket.received();
    const optimisticUpdate: typeof append = (store, args) => {
      append(store, args);
      throw new Error("planted");
    };
    const outcome = observe(client.mutation(api.projects.rename, { name: "b" }, { optimisticUpdate }));
    await settle();
    expect(outcome()).toMatchObject({ status: "rejected", code: new Error("planted") });
    expect([seen, socket.received()]).toEqual([[], []]);
    expect(client.connectionDetails.inflightMutations).toBe(0);
  });

  test("that throws later is left out, and the others are not", async () => {
    const { world, socket, seen, client, add } = await shown("a");
    const optimisticUpdate: typeof append = (store, args) => {
      append(store, args);
      if (store.get(api.projects.names)?.includes("theirs")) throw new Error("planted");
    };
    client.mutation(api.projects.rename, { name: "b" }, { optimisticUpdate }).catch(() => {});
    add("c");
    await settle();
    socket.transition(2, { queries: [list(1, ["theirs"])] });
    expect(seen.at(-1)).toEqual(["theirs", "c"]);
    expect(world.warnings).toEqual([expect.stringContaining("planted")]);
  });

  test("of arguments that cannot be sent is not shown", async () => {
    const { seen, client } = await shown("a");
    const outcome = observe(client.mutation(api.projects.rename, { name: NaN as never }, { optimisticUpdate: append }));
    await settle();
    expect(outcome()).toMatchObject({ code: "bad_args" });
    expect(seen).toEqual([]);
  });

  test("is gone when the client is closed, or refused", async () => {
    const { client, add, socket, seen } = await shown("a");
    const outcome = add("b");
    await settle();
    socket.say({ type: "error", errorCode: "unsupported_protocol", errorMessage: "no" });
    await settle();
    expect(outcome()).toMatchObject({ code: "unsupported_protocol" });
    expect(client.watch(api.projects.names).state()).toMatchObject({ status: "error" });
    expect(observe(client.mutation(api.projects.rename, { name: "c" }, { optimisticUpdate: append }))()).toBeDefined();
    expect(seen.at(-1)).toEqual(["a", "b"]);
    client.close();
    expect(client.watch(api.projects.names).state()).toEqual({ status: "loading" });
  });
});

describe("the store", () => {
  const task = (id: string) => ({ _id: id, _creationTime: 1, projectId, text: id, isCompleted: false }) as Doc<"tasks">;

  test("has no result of what is loading, and may give it one", async () => {
    const { client, socket } = await shown("a");
    const states: unknown[] = [];
    const watch = client.watch(api.projects.count);
    watch.subscribe(() => states.push(watch.state()));
    const optimisticUpdate: typeof append = (store) => {
      expect(store.get(api.projects.count)).toBeUndefined();
      store.update(api.projects.count, {}, (count) => count + 1);
      expect(store.get(api.projects.count)).toBeUndefined();
      store.set(api.projects.count, {}, 7);
      expect(store.get(api.projects.count)).toBe(7);
    };
    client.mutation(api.projects.rename, { name: "b" }, { optimisticUpdate }).catch(() => {});
    expect(states).toEqual([{ status: "success", value: 7 }]);
    await settle();
    socket.transition(2, { answers: [failure(1, "conflict")] });
    expect(states.at(-1)).toEqual({ status: "loading" });
  });

  test("has a query show nothing", async () => {
    const { client } = await shown("a");
    const optimisticUpdate: typeof append = (store) => store.set(api.projects.names, {}, undefined);
    client.mutation(api.projects.rename, { name: "b" }, { optimisticUpdate }).catch(() => {});
    expect(client.watch(api.projects.names).state()).toEqual({ status: "loading" });
  });

  test("lists the live queries of a function that have a result, with their arguments", async () => {
    const { client, socket } = await shown("a");
    client.onUpdate(api.tasks.list, { projectId, limit: 1 }, () => {});
    client.onUpdate(api.tasks.list, { projectId, limit: 2 }, () => {});
    client.onUpdate(api.tasks.list, { projectId, limit: 3 }, () => {});
    await settle();
    socket.transition(2, { queries: [list(2, [task("x")]), list(3, [])] });
    const found: unknown[] = [];
    const optimisticUpdate: typeof append = (store) => {
      const all = store.all(api.tasks.list);
      found.push(all);
      for (const { args, value } of all) store.set(api.tasks.list, args, [task("new"), ...value]);
    };
    client.mutation(api.projects.rename, { name: "b" }, { optimisticUpdate }).catch(() => {});
    expect(found).toEqual([[{ args: { projectId, limit: 1 }, value: [task("x")] }, { args: { projectId, limit: 2 }, value: [] }]]);
    // One that comes later is among them.
    await settle();
    socket.transition(3, { queries: [list(4, [task("y")])] });
    const state = client.watch(api.tasks.list, { projectId, limit: 3 }).state();
    expect(state).toEqual({ status: "success", value: [task("new"), task("y")] });
  });

  test("is asked again only where something has changed that it was asked for", async () => {
    const { client, socket } = await shown("a");
    client.onUpdate(api.projects.count, {}, () => {});
    await settle();
    socket.transition(2, { queries: [list(2, 1)] });
    let runs = 0;
    const optimisticUpdate: typeof append = (store, args) => {
      runs++;
      append(store, args);
    };
    client.mutation(api.projects.rename, { name: "b" }, { optimisticUpdate }).catch(() => {});
    const watch = client.watch(api.projects.names);
    const before = watch.state();
    await settle();
    socket.transition(3, { queries: [list(2, 2)] });
    expect([runs, watch.state() === before]).toEqual([1, true]);
    socket.transition(4, { queries: [list(1, ["z"])] });
    expect(runs).toBe(2);
  });
});
