/** The connection: how it is lost, noticed and found again. */

import { describe, expect, test, vi } from "vitest";
import type { Id } from "../src/index.js";
import { ZerobackClient } from "../src/index.js";
import { api } from "./api.js";
import { observe, settle, World } from "./world.js";

const projectId = "projects_1" as Id<"projects">;

function connected() {
  const world = new World();
  const client = world.client();
  world.socket.accept();
  return { world, client, socket: world.socket };
}

describe("state", () => {
  test("connecting until the server has answered, connected, disconnected, and again", async () => {
    const world = new World();
    const client = world.client();
    const states = [client.connectionState];
    const stop = client.onConnectionChange((state) => states.push(state));
    expect(client.connectionDetails).toEqual({
      state: "connecting",
      hasEverConnected: false,
      inflightMutations: 0,
      nextRetryAt: undefined,
    });
    world.socket.open();
    expect(client.connectionState).toBe("connecting");
    world.socket.accept();
    world.socket.drop();
    expect(client.connectionDetails).toMatchObject({ hasEverConnected: true, nextRetryAt: world.now() + 500 });
    await world.advance(500);
    world.socket.accept();
    expect(states).toEqual(["connecting", "connected", "disconnected", "connecting", "connected"]);
    stop();
    world.socket.drop();
    expect(states).toHaveLength(5);
  });

  test("details change with each mutation too, and a listener of them may close the client", async () => {
    const { client, socket } = connected();
    const counts: number[] = [];
    const states = vi.fn();
    client.onConnectionDetailsChange(({ inflightMutations }) => counts.push(inflightMutations));
    client.onConnectionChange(states);
    const first = observe(client.mutation(api.tasks.reset));
    expect(counts).toEqual([]);
    await settle();
    expect(counts).toEqual([1]);
    const second = observe(client.mutation(api.tasks.reset));
    await settle();
    client.onConnectionDetailsChange(() => client.close());
    socket.transition(1, { answers: [{ requestId: 1, status: "success", value: null }] });
    await settle();
    expect(counts.slice(0, 3)).toEqual([1, 2, 1]);
    expect([first(), second()]).toMatchObject([{ status: "resolved" }, { code: "outcome_unknown" }]);
    expect(states.mock.calls).toEqual([["disconnected"]]);
  });

  test("a listener that throws keeps no other from being called", () => {
    const world = new World();
    const client = world.client();
    const listener = vi.fn();
    client.onConnectionChange(() => {
      throw new Error("a bug");
    });
    client.onConnectionChange(listener);
    world.socket.accept();
    expect(listener).toHaveBeenCalledExactlyOnceWith("connected");
  });
});

describe("coming back", () => {
  test("every live query is asked again in one message, results stay shown meanwhile", async () => {
    const { client, socket, world } = connected();
    const seen: unknown[] = [];
    client.onUpdate(api.projects.list, {}, (value) => seen.push(value));
    client.onUpdate(api.tasks.list, { projectId }, (value) => seen.push(value), (error) => seen.push(error));
    const gone = client.onUpdate(api.projects.count, {}, () => {});
    await settle();
    socket.received();
    socket.transition(5, {
      queries: [
        { queryId: 1, status: "success", value: ["p"] },
        { queryId: 2, status: "success", value: ["t"] },
      ],
    });
    gone();
    await world.advance(1_000);
    socket.drop();
    await world.advance(500);
    const again = world.socket;
    expect(again).not.toBe(socket);
    again.accept();
    expect(again.received()).toEqual([
      {
        type: "querySet",
        add: [
          { queryId: 1, path: "projects:list", args: {} },
          { queryId: 2, path: "tasks:list", args: { projectId } },
        ],
      },
    ]);
    expect(seen).toEqual([["p"], ["t"]]);
    expect(client.watch(api.projects.list).state()).toMatchObject({ value: ["p"] });
    // A restored database may be at an earlier version.
    again.transition(2, { queries: [{ queryId: 2, status: "success", value: ["t2"] }] });
    expect(seen).toEqual([["p"], ["t"], ["t2"]]);
  });

  test("what is asked while the connection is lost goes out with the rest", async () => {
    const { client, socket, world } = connected();
    client.onUpdate(api.projects.list, {}, () => {});
    await settle();
    socket.drop();
    client.onUpdate(api.projects.count, {}, () => {});
    await world.advance(500);
    world.socket.accept();
    await settle();
    expect(world.socket.received()).toMatchObject([{ add: [{ queryId: 1 }, { queryId: 2 }] }]);
  });

  test("a query that ends while the connection is lost is not mentioned on the next one", async () => {
    const { client, socket, world } = connected();
    const stop = client.onUpdate(api.projects.list, {}, () => {});
    await settle();
    socket.drop();
    stop();
    await world.advance(1_000);
    world.socket.accept();
    await settle();
    expect(world.socket.received()).toEqual([]);
  });

  test("a query whose end could not be told any more is not mentioned on the next connection", async () => {
    const { client, socket, world } = connected();
    const stop = client.onUpdate(api.projects.list, {}, () => {}, () => {});
    await settle();
    socket.transition(1, { queries: [{ queryId: 1, status: "error", errorCode: "internal", errorMessage: "oh" }] });
    // One that failed ends at once, and the connection drops in the same breath.
    stop();
    socket.drop();
    await world.advance(500);
    world.socket.accept();
    expect(world.socket.received()).toEqual([]);
  });

  test("waits double up to a limit, and begin anew after a connection that lasted", async () => {
    const world = new World();
    const client = world.client({ backoffBaseMs: 100, backoffMaxMs: 1_000 });
    const waits = async (times: number) => {
      const found: number[] = [];
      for (let time = 0; time < times; time++) {
        world.socket.drop();
        found.push((client.connectionDetails.nextRetryAt ?? NaN) - world.now());
        await world.advance(found.at(-1)!);
      }
      return found;
    };
    expect(await waits(6)).toEqual([100, 200, 400, 800, 1_000, 1_000]);
    world.socket.accept();
    expect(await waits(1)).toEqual([1_000]);
    world.socket.accept();
    await world.advance(5_000);
    expect(await waits(2)).toEqual([100, 200]);
  });

  test("luck takes up to half of a wait away", async () => {
    const world = new World();
    world.luck = 0;
    const client = world.client({ backoffBaseMs: 100 });
    world.socket.drop();
    expect(client.connectionDetails.nextRetryAt).toBe(world.now() + 50);
  });

  test("tries at once when the network or the page comes back", async () => {
    const { client, socket, world } = connected();
    socket.drop();
    expect(world.sockets).toHaveLength(1);
    world.wake();
    expect(world.sockets).toHaveLength(2);
    expect(client.connectionDetails).toMatchObject({ state: "connecting", nextRetryAt: undefined });
    world.wake();
    await world.advance(9_999);
    expect(world.sockets).toHaveLength(2);
  });

  test("a socket that cannot even be made is tried again", async () => {
    const world = new World();
    const { connect } = world;
    let failures = 2;
    const client = world.client({
      platform: {
        ...world,
        connect: (url) => {
          if (failures-- > 0) throw new Error("not now");
          return connect(url);
        },
      },
    });
    await world.advance(1_500);
    world.socket.accept();
    expect(client.connectionState).toBe("connected");
  });

  test("a connection that does not come about in time is given up", async () => {
    const world = new World();
    const client = world.client();
    await world.advance(10_000);
    expect(client.connectionState).toBe("disconnected");
    expect(world.socket.closedByClient).toBe(true);
    await world.advance(500);
    world.socket.open();
    await world.advance(10_000);
    expect(client.connectionState).toBe("disconnected");
  });
});

describe("a send that throws", () => {
  const querySet = { type: "querySet", add: [{ queryId: 1, path: "projects:list", args: {} }] };
  const toggle = { type: "mutation", requestId: 1, path: "tasks:toggle", args: { id: "tasks_1" } };
  const list = { type: "query", requestId: 2, path: "tasks:list", args: { projectId } };
  const reset = { type: "mutation", requestId: 3, path: "tasks:reset", args: {} };

  /** Asks for what makes the four frames above, in their order. */
  function ask(client: ZerobackClient) {
    const seen: unknown[] = [];
    client.onUpdate(api.projects.list, {}, (value) => seen.push(value));
    const toggled = observe(client.mutation(api.tasks.toggle, { id: "tasks_1" as Id<"tasks"> }));
    const listed = observe(client.query(api.tasks.list, { projectId }));
    const wasReset = observe(client.mutation(api.tasks.reset));
    return { seen, outcomes: () => [toggled(), listed(), wasReset()] };
  }

  /** The next connection has to be told all. */
  async function expectRest(world: World, asked: ReturnType<typeof ask>) {
    expect(world.socket.closedByClient).toBe(true);
    expect(world.warnings).toHaveLength(1);
    await world.advance(500);
    expect(world.sockets).toHaveLength(2);
    world.socket.accept();
    expect(world.socket.received()).toEqual([querySet, toggle, list, reset]);
    world.socket.transition(1, {
      queries: [{ queryId: 1, status: "success", value: ["p"] }],
      answers: [1, 2, 3].map((requestId) => ({ requestId, status: "success", value: null })),
    });
    await settle();
    const resolved = { status: "resolved", value: null };
    expect(asked.outcomes()).toEqual([resolved, resolved, resolved]);
    expect(asked.seen).toEqual([["p"]]);
    expect(world.warnings).toHaveLength(1);
  }

  test.each([0, 1, 2, 3, 4])("as the socket opens, after %i frames: the next one is told the rest", async (frames) => {
    const world = new World();
    const asked = ask(world.client());
    await settle();
    world.socket.framesLeft = frames;
    world.socket.open();
    await settle();
    expect(world.socket.received()).toEqual([querySet, toggle, list].slice(0, Math.max(0, frames - 1)));
    await expectRest(world, asked);
  });

  test.each([0, 1, 2, 3])("on an open socket, after %i frames: the next one is told the rest", async (frames) => {
    const { client, socket, world } = connected();
    socket.received();
    socket.framesLeft = frames;
    const asked = ask(client);
    await settle();
    expect(socket.received()).toEqual([querySet, toggle, list].slice(0, frames));
    await expectRest(world, asked);
  });

  test.each([0, 1, 2, 3, 4])("among the parts of a large query set, after %i: the next one is told all", async (frames) => {
    const world = new World();
    const client = world.client();
    world.socket.accept({ messageBytesMax: 150 });
    const ids = Array.from({ length: 5 }, (_, index) => `projects_${index}` as Id<"projects">);
    for (const id of ids) client.onUpdate(api.tasks.list, { projectId: id }, () => {});
    const onError = vi.fn();
    client.onUpdate(api.tasks.list, { projectId: "é".repeat(100) as Id<"projects"> }, () => {}, onError);
    world.socket.framesLeft = frames;
    await settle();
    expect(world.socket.closedByClient).toBe(true);
    expect(onError).not.toHaveBeenCalled();
    await world.advance(500);
    world.socket.accept({ messageBytesMax: 150 });
    expect(world.socket.received().flatMap(({ add }) => add)).toMatchObject(ids.map((id) => ({ args: { projectId: id } })));
    world.socket.transition(1);
    expect(onError).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: "message_too_large" }));
  });
});

describe("heartbeat", () => {
  test("a silent server is asked, and one that answers is kept", async () => {
    const { client, socket, world } = connected();
    for (let round = 0; round < 5; round++) {
      await world.advance(20_000);
      expect(socket.sent.splice(0).filter((text) => text === "ping")).toHaveLength(1);
      socket.say("pong");
    }
    expect(client.connectionState).toBe("connected");
  });

  test("a server that speaks is not asked", async () => {
    const { socket, world } = connected();
    for (let round = 0; round < 10; round++) {
      await world.advance(19_000);
      socket.transition(round);
    }
    expect(socket.sent).not.toContain("ping");
  });

  test("a server that does not answer is left, without waiting for the socket to notice", async () => {
    const { client, socket, world } = connected();
    const sent = observe(client.mutation(api.tasks.reset));
    await world.advance(20_000 + 10_000);
    expect(sent()).toEqual({ status: "pending" });
    expect(socket.closedByClient).toBe(true);
    await world.advance(500);
    expect(world.sockets).toHaveLength(2);
  });

  test("a page that wakes up asks at once", async () => {
    const { client, socket, world } = connected();
    await world.advance(1_000);
    world.wake();
    expect(socket.sent).toContain("ping");
    await world.advance(10_000);
    expect(client.connectionState).toBe("disconnected");
  });
});

describe("a server that makes no sense", () => {
  test.each([
    ["text that is no message", "hello"],
    ["a broken transition", { type: "transition", version: [1, 2], queries: [{ queryId: 1, status: "success" }] }],
    ["a version that goes backwards", { type: "transition", version: [1, 3] }],
    ["another protocol", { type: "connected", protocol: 2 }],
  ])("%s: it is left with a warning, and tried again", async (_, message) => {
    const { client, socket, world } = connected();
    const onValue = vi.fn();
    client.onUpdate(api.projects.list, {}, onValue);
    await settle();
    socket.transition(4, { queries: [{ queryId: 1, status: "success", value: ["p"] }] });
    socket.say(message);
    expect(socket.closedByClient).toBe(true);
    expect(world.warnings).toHaveLength(1);
    await world.advance(500);
    world.socket.accept();
    expect(client.connectionState).toBe("connected");
    expect(onValue.mock.calls).toEqual([[["p"]]]);
  });

  test("bytes: it is left with a warning", () => {
    const { client, socket, world } = connected();
    socket.onmessage?.({ data: new ArrayBuffer(2) });
    expect([client.connectionState, world.warnings.length]).toEqual(["disconnected", 1]);
  });

  test("unknown types of messages are let pass", () => {
    const { client, socket, world } = connected();
    socket.say({ type: "shout", volume: 11 });
    expect([client.connectionState, world.warnings]).toEqual(["connected", []]);
  });

  test("one that answers and falls at once is not stormed", async () => {
    const world = new World();
    world.client();
    for (let round = 0; round < 100; round++) {
      world.socket.accept();
      world.socket.say("nonsense");
      await world.advance(1_000);
    }
    expect(world.sockets.length).toBeLessThan(20);
  });
});

describe("a server that does not speak the protocol", () => {
  const refusal = { type: "error", errorCode: "unsupported_protocol", errorMessage: "this server speaks protocol 2" };
  const rejected = { status: "rejected", code: "unsupported_protocol" };

  function refuse(world: World) {
    world.socket.open();
    world.socket.say(refusal);
    world.socket.drop();
  }

  test("it is not tried again, and all that waits for it fails", async () => {
    const world = new World();
    const client = world.client();
    const states: unknown[] = [];
    client.onConnectionChange((state) => states.push(state));
    const onValue = vi.fn();
    const errors: unknown[] = [];
    client.onUpdate(api.projects.list, {}, onValue, (error) => errors.push(error));
    client.onUpdate(api.tasks.list, { projectId }, onValue, (error) => errors.push(error));
    const mutation = observe(client.mutation(api.tasks.reset));
    const query = client.query(api.projects.list);
    refuse(world);
    await expect(query).rejects.toMatchObject({ name: "ZerobackError", message: refusal.errorMessage, requestId: undefined });
    // The server refused the connection before it read the mutation: there is no doubt about its outcome.
    expect(mutation()).toEqual(rejected);
    const error = expect.objectContaining({
      name: "ZerobackError",
      code: "unsupported_protocol",
      message: refusal.errorMessage,
      requestId: undefined,
    });
    expect(errors).toEqual([error, error]);
    expect(states).toEqual(["disconnected"]);
    expect(world.warnings).toEqual([expect.stringContaining("this server speaks protocol 2")]);
    world.wake();
    await world.advance(100_000);
    expect([world.sockets.length, world.timers, world.wakers]).toEqual([1, 0, 0]);
    expect(world.socket.closedByClient).toBe(true);
    expect(client.connectionDetails).toEqual({
      state: "disconnected",
      hasEverConnected: false,
      inflightMutations: 0,
      nextRetryAt: undefined,
    });
    expect([errors.length, onValue.mock.calls.length]).toEqual([2, 0]);
  });

  test("what is asked later fails alike", async () => {
    const world = new World();
    const client = world.client();
    refuse(world);
    const mutation = observe(client.mutation(api.tasks.reset));
    const query = observe(client.query(api.projects.list));
    const onError = vi.fn();
    const stop = client.onUpdate(api.projects.list, {}, () => {}, onError);
    expect(onError).not.toHaveBeenCalled();
    await settle();
    expect([mutation(), query()]).toEqual([rejected, rejected]);
    expect(onError).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: "unsupported_protocol" }));
    expect(client.watch(api.tasks.list, { projectId }).state()).toMatchObject({
      status: "error",
      error: { code: "unsupported_protocol" },
    });
    stop();
    await settle();
    expect([client.connectionDetails.inflightMutations, world.timers, world.sockets.length]).toEqual([0, 0, 1]);
  });

  test("a server that has been replaced by such a one: results give way to the error", async () => {
    const { client, socket, world } = connected();
    const watch = client.watch(api.projects.list);
    const onChange = vi.fn();
    watch.subscribe(onChange);
    await settle();
    socket.transition(1, { queries: [{ queryId: 1, status: "success", value: ["p"] }] });
    socket.drop();
    const waiting = observe(client.mutation(api.tasks.reset));
    await world.advance(500);
    refuse(world);
    await settle();
    expect(waiting()).toEqual(rejected);
    expect(onChange).toHaveBeenCalledTimes(2);
    expect(watch.state()).toMatchObject({ status: "error", error: { code: "unsupported_protocol" } });
    expect(watch.state()).toBe(watch.state());
    await world.advance(100_000);
    expect(world.sockets).toHaveLength(2);
  });

  test("a client that is closed on hearing of it calls no listener again", async () => {
    const world = new World();
    const client = world.client();
    const onError = vi.fn();
    client.onUpdate(api.projects.list, {}, () => {}, onError);
    const sent = observe(client.mutation(api.tasks.reset));
    client.onConnectionChange(() => client.close());
    refuse(world);
    client.onUpdate(api.projects.list, {}, () => {}, onError);
    const late = observe(client.mutation(api.tasks.reset));
    await settle();
    expect(onError).not.toHaveBeenCalled();
    expect([sent(), late()]).toEqual([rejected, { status: "rejected", code: "client_closed" }]);
  });
});

describe("back-pressure", () => {
  const acks = (socket: World["socket"]) => socket.receivedInFull().filter(({ type }) => type === "ack");
  /** A transition of so many characters. */
  const transition = (length: number) => {
    const text = JSON.stringify({ type: "transition", version: [1, 1], answers: [{ requestId: 99, status: "success", value: "" }] });
    return text.replace(`""`, `"${"x".repeat(length - text.length)}"`);
  };

  test("after each 64 KiB the server is told how many transitions have been taken in", () => {
    const { socket } = connected();
    socket.sent.splice(0);
    const connectedLength = JSON.stringify({ type: "connected", protocol: 1, limits: { messageBytesMax: 4_194_304 } }).length;
    socket.say(transition(65_535 - connectedLength));
    expect(acks(socket)).toEqual([]);
    socket.say({ type: "shout" });
    expect(acks(socket)).toEqual([{ type: "ack", transitions: 1 }]);
    socket.say(transition(32_000));
    socket.say(transition(32_000));
    expect(acks(socket)).toEqual([]);
    socket.say(transition(200_000));
    expect(acks(socket)).toEqual([{ type: "ack", transitions: 4 }]);
    socket.say(transition(65_535));
    expect(acks(socket)).toEqual([]);
    socket.say(transition(200));
    expect(acks(socket)).toEqual([{ type: "ack", transitions: 6 }]);
  });

  test("earlier, where a sixteenth of what the server lets be under way is less", () => {
    const world = new World();
    world.client();
    world.socket.accept({ unacknowledgedBytesMax: 16_000 });
    world.socket.say(transition(999));
    expect(acks(world.socket)).toEqual([{ type: "ack", transitions: 1 }]);
    world.socket.say(transition(999));
    expect(acks(world.socket)).toEqual([]);
  });

  test("once the listeners have been called", async () => {
    const { client, socket } = connected();
    const seen: unknown[] = [];
    client.onUpdate(api.projects.list, {}, () => seen.push(acks(socket).length));
    await settle();
    socket.transition(1, { queries: [{ queryId: 1, status: "success", value: "x".repeat(70_000) }] });
    expect([...seen, acks(socket)]).toEqual([0, [{ type: "ack", transitions: 1 }]]);
  });

  test("each connection is counted by itself", async () => {
    const { socket, world } = connected();
    socket.say(transition(60_000));
    socket.drop();
    await world.advance(500);
    world.socket.accept();
    world.socket.say(transition(60_000));
    expect(acks(world.socket)).toEqual([]);
    world.socket.say(transition(6_000));
    expect(acks(world.socket)).toEqual([{ type: "ack", transitions: 2 }]);
  });

  test.each([1001, 1006, 1012, 4408])("a client that was closed with %i comes back after a while", async (code) => {
    const { client, socket, world } = connected();
    socket.onerror?.();
    (socket.onclose as ((event: object) => void) | null)?.({ code, reason: "slow_client" });
    expect(client.connectionDetails.nextRetryAt).toBe(world.now() + 500);
    await world.advance(500);
    world.socket.accept();
    expect(client.connectionState).toBe("connected");
  });
});

describe("address", () => {
  test.each([
    ["ws://host:8788/ws", "ws://host:8788/ws"],
    ["https://host/ws", "wss://host/ws"],
    [new URL("http://host/ws?x=1"), "ws://host/ws?x=1"],
  ])("%s", (url, opened) => {
    const world = new World();
    new ZerobackClient(url, { platform: world });
    expect(world.socket.url).toBe(opened);
  });

  test("one that is none is refused at once", () => {
    expect(() => new ZerobackClient("not a url", { platform: new World() })).toThrow(TypeError);
  });

  test("a runtime without WebSocket is told what to do", () => {
    vi.stubGlobal("WebSocket", undefined);
    expect(() => new ZerobackClient("ws://host/ws")).toThrow(/give one/);
    vi.unstubAllGlobals();
  });
});
