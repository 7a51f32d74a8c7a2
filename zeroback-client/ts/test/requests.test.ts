/** Mutations and one-shot queries. */

import { describe, expect, test } from "vitest";
import type { Id } from "../src/index.js";
import { api } from "./api.js";
import { observe, settle, World } from "./world.js";

const projectId = "projects_1" as Id<"projects">;
const id = "tasks_1" as Id<"tasks">;
const success = (requestId: number, value: unknown) => ({ requestId, status: "success", value });

function connected() {
  const world = new World();
  const client = world.client();
  world.socket.accept();
  return { world, client, socket: world.socket };
}

describe("settling", () => {
  test("a mutation resolves after the listeners have shown what it changed", async () => {
    const { client, socket } = connected();
    const seen: unknown[] = [];
    client.onUpdate(api.tasks.list, { projectId }, (tasks) => seen.push(tasks));
    const created = client.mutation(api.tasks.create, { projectId, text: "x" }).then((value) => seen.push(value));
    await settle();
    expect(socket.received()).toEqual([
      { type: "querySet", add: [{ queryId: 1, path: "tasks:list", args: { projectId } }] },
      { type: "mutation", requestId: 1, path: "tasks:create", args: { projectId, text: "x" } },
    ]);
    socket.transition(1, {
      answers: [success(1, "tasks_1")],
      queries: [{ queryId: 1, status: "success", value: ["the task"] }],
    });
    expect(seen).toEqual([["the task"]]);
    await created;
    expect(seen).toEqual([["the task"], "tasks_1"]);
  });

  test("a refused call rejects with code, message, data and requestId", async () => {
    const { client, socket } = connected();
    const created = client.mutation(api.tasks.create, { projectId, text: "x" });
    await settle();
    socket.transition(1, {
      answers: [{ requestId: 1, status: "error", errorCode: "slug_taken", errorMessage: "taken", errorData: { slug: "x" }, errorRequestId: "00000000000000ab" }],
    });
    await expect(created).rejects.toMatchObject({
      name: "ZerobackError",
      code: "slug_taken",
      message: "taken",
      data: { slug: "x" },
      requestId: "00000000000000ab",
    });
  });

  test("a message that the server could not take rejects its call alone", async () => {
    const { client, socket, world } = connected();
    const first = observe(client.mutation(api.tasks.toggle, { id }));
    const second = observe(client.query(api.projects.list));
    await settle();
    socket.say({ type: "error", requestId: 2, errorCode: "function_not_found", errorMessage: "no such function" });
    socket.say({ type: "error", errorCode: "bad_message", errorMessage: "message: what?" });
    await settle();
    expect([first(), second()]).toEqual([{ status: "pending" }, { status: "rejected", code: "function_not_found" }]);
    expect(world.warnings).toEqual([expect.stringContaining("bad_message: message: what?")]);
    expect(client.connectionState).toBe("connected");
  });

  test("an answer to nothing that was asked is let pass", () => {
    const { client, socket, world } = connected();
    socket.transition(1, { answers: [success(99, null)] });
    expect([client.connectionState, world.warnings]).toEqual(["connected", []]);
  });

  test("arguments that JSON cannot say reject, and nothing is sent", async () => {
    const { client, socket } = connected();
    await expect(client.mutation(api.tasks.create, { projectId, text: NaN as unknown as string })).rejects.toMatchObject({
      code: "bad_args",
      message: "args.text: expected a JSON value, found NaN",
    });
    expect(socket.received()).toEqual([]);
    expect(client.connectionDetails.inflightMutations).toBe(0);
  });

  test("a message that is larger than the server takes rejects, and is not sent", async () => {
    const world = new World();
    const client = world.client();
    world.socket.accept({ messageBytesMax: 150 });
    // 60 characters of two bytes each.
    const large = observe(client.mutation(api.tasks.create, { projectId, text: "é".repeat(60) }));
    const small = observe(client.mutation(api.tasks.reset));
    await settle();
    // The one that was never sent has taken no place in the queue.
    expect(world.socket.receivedInFull()).toMatchObject([{ path: "tasks:reset", sequence: 1 }]);
    expect([large(), small()]).toEqual([{ status: "rejected", code: "message_too_large" }, { status: "pending" }]);
  });
});

describe("without a connection", () => {
  test("calls wait for one, and are sent in their order", async () => {
    const world = new World();
    const client = world.client();
    const first = observe(client.mutation(api.tasks.toggle, { id }));
    const second = observe(client.query(api.projects.list));
    const third = observe(client.mutation(api.tasks.reset));
    await settle();
    expect(world.socket.sent).toEqual([]);
    expect(client.connectionDetails.inflightMutations).toBe(2);
    world.socket.accept();
    expect(world.socket.received()).toEqual([
      { type: "mutation", requestId: 1, path: "tasks:toggle", args: { id } },
      { type: "query", requestId: 2, path: "projects:list", args: {} },
      { type: "mutation", requestId: 3, path: "tasks:reset", args: {} },
    ]);
    world.socket.transition(1, { answers: [success(1, true), success(2, []), success(3, null)] });
    await settle();
    expect([first(), second(), third()].map(({ status }) => status)).toEqual(["resolved", "resolved", "resolved"]);
    expect(client.connectionDetails.inflightMutations).toBe(0);
  });

  test("a mutation that was sent is sent again, in its place, and resolves once it is answered", async () => {
    const { client, socket, world } = connected();
    const sent = observe(client.mutation(api.tasks.toggle, { id }));
    await settle();
    socket.received();
    socket.drop();
    await settle();
    expect(sent()).toEqual({ status: "pending" });
    await world.advance(1_000);
    world.socket.accept();
    expect(world.socket.received()).toEqual([{ type: "mutation", requestId: 1, path: "tasks:toggle", args: { id } }]);
    world.socket.transition(1, { answers: [success(1, true)] });
    await settle();
    expect(sent()).toEqual({ status: "resolved", value: true });
    expect(client.connectionDetails.inflightMutations).toBe(0);
  });

  test("a mutation that waited while the connection was lost is sent once", async () => {
    const { client, socket, world } = connected();
    socket.drop();
    const waiting = observe(client.mutation(api.tasks.toggle, { id }));
    await world.advance(1_000);
    world.socket.drop();
    await world.advance(1_000);
    expect(world.sockets).toHaveLength(3);
    world.socket.accept();
    expect(world.socket.received()).toMatchObject([{ type: "mutation", path: "tasks:toggle" }]);
    expect(waiting()).toEqual({ status: "pending" });
  });

  test("a one-shot query that was sent is sent again, before what was called later", async () => {
    const { client, socket, world } = connected();
    const query = observe(client.query(api.projects.list));
    await settle();
    expect(socket.received()).toHaveLength(1);
    socket.drop();
    void client.query(api.tasks.list, { projectId });
    await world.advance(1_000);
    world.socket.accept();
    expect(world.socket.received()).toMatchObject([{ path: "projects:list" }, { path: "tasks:list" }]);
    world.socket.transition(1, { answers: [success(1, ["p"])] });
    await settle();
    expect(query()).toEqual({ status: "resolved", value: ["p"] });
  });

  test("what a socket says after it was left is not heard", async () => {
    const { client, socket, world } = connected();
    const query = observe(client.query(api.projects.list));
    await settle();
    const late = socket.onmessage;
    socket.drop();
    await world.advance(1_000);
    world.socket.accept();
    expect(socket.onmessage).toBeNull();
    expect(late).not.toBeNull();
    expect(query()).toEqual({ status: "pending" });
  });
});

describe("after close", () => {
  test("all that is pending rejects, and so does what is asked later", async () => {
    const { client, socket, world } = connected();
    const sent = observe(client.mutation(api.tasks.toggle, { id }));
    const query = observe(client.query(api.projects.list));
    await settle();
    const unsent = observe(client.mutation(api.tasks.toggle, { id }));
    client.close();
    const late = observe(client.query(api.projects.list));
    await settle();
    expect([sent(), query(), unsent(), late()]).toEqual([
      { status: "rejected", code: "outcome_unknown" },
      { status: "rejected", code: "client_closed" },
      { status: "rejected", code: "client_closed" },
      { status: "rejected", code: "client_closed" },
    ]);
    expect(socket.closedByClient).toBe(true);
    expect(world.timers).toBe(0);
  });

  test("no listener is called, no timer is left and no socket is made", async () => {
    const { client, socket, world } = connected();
    const calls: unknown[] = [];
    const stop = client.onUpdate(api.projects.list, {}, (value) => calls.push(value), (error) => calls.push(error));
    client.onConnectionChange((state) => calls.push(state));
    await settle();
    client.close();
    client.close();
    stop();
    client.onUpdate(api.projects.list, {}, (value) => calls.push(value))();
    world.wake();
    socket.transition(1, { queries: [{ queryId: 1, status: "success", value: [] }] });
    await world.advance(100_000);
    expect(calls).toEqual(["disconnected"]);
    expect([world.timers, world.wakers, world.sockets.length]).toEqual([0, 0, 1]);
    expect(client.connectionState).toBe("disconnected");
  });
});
