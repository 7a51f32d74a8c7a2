/** What a listener may say of its query: how long it lingers, and which other one has the same result. */

import { expect, test } from "vitest";
import type { Id } from "../src/index.js";
import { api } from "./api.js";
import { settle, World } from "./world.js";

const projectId = "projects_1" as Id<"projects">;
const result = (queryId: number, tag: string, value: unknown) => ({ queryId, tag, status: "success", value });

function connected() {
  const world = new World();
  const client = world.client();
  world.socket.accept();
  const few = client.watch(api.tasks.list, { projectId, limit: 2 });
  const all = client.watch(api.tasks.list, { projectId });
  return { world, socket: world.socket, few, all };
}

test("the last listener to leave says how long its query lingers", async () => {
  const { world, socket, few } = connected();
  const stopLong = few.subscribe(() => {}, { lingerMs: 9_000 });
  const stopShort = few.subscribe(() => {});
  await settle();
  stopShort();
  stopLong();
  socket.received();
  await world.advance(8_999);
  expect(socket.received()).toEqual([]);
  await world.advance(1);
  expect(socket.received()).toEqual([{ type: "querySet", remove: [1] }]);
});

test("a query that failed lingers where its listener says so, and else ends at once", async () => {
  const { world, socket, few } = connected();
  const stop = few.subscribe(() => {}, { lingerMs: 9_000 });
  await settle();
  socket.transition(1, { queries: [{ queryId: 1, status: "error", errorCode: "internal", errorMessage: "oh" }] });
  stop();
  await world.advance(1);
  expect(few.state().status).toBe("error");
  few.subscribe(() => {})();
  expect(few.state().status).toBe("loading");
});

test("a query with another's result shows it at once, and says its tag", async () => {
  const { socket, few, all } = connected();
  few.subscribe(() => {});
  await settle();
  socket.transition(1, { queries: [result(1, "t1", [])] });
  socket.received();
  const changes: unknown[] = [];
  all.subscribe(() => changes.push(all.state()), { from: few.key });
  expect(all.state()).toBe(few.state());
  await settle();
  expect(socket.received()).toEqual([
    { type: "querySet", add: [{ queryId: 2, path: "tasks:list", args: { projectId }, tag: "t1" }] },
  ]);
  socket.transition(1);
  expect(changes).toEqual([]);
  socket.transition(2, { queries: [result(2, "t2", ["x"])] });
  expect([few.state(), changes]).toEqual([
    { status: "success", value: [] },
    [{ status: "success", value: ["x"] }],
  ]);
});

test("a query with a result from elsewhere shows it at once, and asks with its tag together with the others", async () => {
  const { socket, few, all } = connected();
  const from = { tag: "t1", state: { status: "success", value: ["kept"] } } as const;
  const changes: unknown[] = [];
  all.subscribe(() => changes.push(all.state()), { from });
  few.subscribe(() => {});
  expect(all.state()).toBe(from.state);
  await settle();
  expect(socket.received()).toMatchObject([{ type: "querySet", add: [{ queryId: 1, tag: "t1" }, { queryId: 2 }] }]);
  socket.transition(1, { queries: [result(2, "t2", ["x"])] });
  expect([all.state(), changes]).toEqual([from.state, []]);
  // What a live query has counts for more.
  few.subscribe(() => {}, { from });
  expect(few.state()).toEqual({ status: "success", value: ["x"] });
});

test("nothing newer is shown before the server has said what became of it", async () => {
  const { socket, few, all } = connected();
  few.subscribe(() => {});
  await settle();
  socket.transition(1, { queries: [result(1, "t1", [])] });
  all.subscribe(() => {}, { from: few.key });
  const { set } = socket;
  socket.transition(2, { set: 1, queries: [result(1, "t2", ["x"])] });
  expect([few.state(), all.state()]).toEqual(Array(2).fill({ status: "success", value: [] }));
  socket.transition(2, { set, queries: [result(2, "t3", ["x", "y"])] });
  expect([few.state(), all.state()]).toEqual([["x"], ["x", "y"]].map((value) => ({ status: "success", value })));
});

test("without a connection the next one is told", async () => {
  const { world, socket, few, all } = connected();
  few.subscribe(() => {});
  await settle();
  socket.transition(1, { queries: [result(1, "t1", [])] });
  socket.drop();
  all.subscribe(() => {}, { from: few.key });
  expect(all.state()).toBe(few.state());
  world.wake();
  world.socket.accept();
  await settle();
  expect(world.socket.received()).toMatchObject([{ add: [{ queryId: 1, tag: "t1" }, { queryId: 2, tag: "t1" }] }]);
});

test("what is known of a query stays, and where nothing is known of the other nothing is shown", async () => {
  const { socket, few, all } = connected();
  few.subscribe(() => {}, { from: all.key });
  expect(few.state().status).toBe("loading");
  all.subscribe(() => {});
  await settle();
  socket.transition(1, { queries: [result(1, "t1", []), result(2, "t2", ["x"])] });
  few.subscribe(() => {}, { from: all.key });
  expect(few.state()).toEqual({ status: "success", value: [] });
});
