/** Mutations are made once: their places in the queue, and when they are sent again. */

import { describe, expect, test, vi } from "vitest";
import type { Id } from "../src/index.js";
import { ZerobackClient } from "../src/index.js";
import { api } from "./api.js";
import { observe, settle, World } from "./world.js";

const projectId = "projects_1" as Id<"projects">;
/** The first of a world, which is that of the golden messages. */
const queue = "AAECAwQFBgcICQoLDA0ODw";
const success = (requestId: number, value: unknown = null) => ({ requestId, status: "success", value });
const failure = (requestId: number, errorCode: string, rest: object = {}) => ({
  requestId,
  status: "error",
  errorCode,
  errorMessage: "so it is",
  ...rest,
});
const refusal = (requestId: number, errorCode: string) => failure(requestId, errorCode, { resend: true });
const resolved = { status: "resolved", value: null };
const pending = { status: "pending" };
const rejected = (code: string) => ({ status: "rejected", code });

function connected() {
  const world = new World();
  const client = world.client();
  world.socket.accept();
  const calls: Array<ReturnType<typeof observe>> = [];
  return {
    world,
    client,
    /** Makes so many mutations: `tasks:create` with the text `1`, `2` and so on. */
    async create(count = 1): Promise<void> {
      for (let at = 0; at < count; at++) {
        calls.push(observe(client.mutation(api.tasks.create, { projectId, text: String(calls.length + 1) })));
      }
      await settle();
    },
    outcomes: () => calls.map((outcome) => outcome()),
    /** The places of the calls sent since the last call. */
    places: (socket = world.socket) => socket.receivedInFull().filter(({ path }) => path !== undefined).map(placeOf),
    async reconnect(): Promise<void> {
      world.socket.drop();
      world.wake();
      world.socket.accept();
      await settle();
    },
    /** Says answers in one transition. */
    async answer(...answers: object[]): Promise<void> {
      world.socket.transition(1, { answers });
      await settle();
    },
  };
}

/** `text#sequence`, `>` and what is answered, `!` for what was attempted. */
function placeOf({ path, args, sequence, ackedThrough = 0, attempted = false }: Record<string, unknown>): string {
  const text = path === "" ? "nothing" : String((args as { text?: string }).text ?? path);
  return `${text}#${sequence} >${ackedThrough}${attempted === true ? " !" : ""}`;
}

describe("places", () => {
  test("a mutation has the client's queue, and the next sequence when it is sent first", async () => {
    const { world, create } = connected();
    await create(2);
    const place = { type: "mutation", path: "tasks:create", queue };
    expect(world.socket.receivedInFull()).toEqual([
      { ...place, requestId: 1, args: { projectId, text: "1" }, sequence: 1 },
      { ...place, requestId: 2, args: { projectId, text: "2" }, sequence: 2 },
    ]);
  });

  test("each says up to where all answers have come", async () => {
    const { create, answer, places } = connected();
    await create(3);
    expect(places()).toEqual(["1#1 >0", "2#2 >0", "3#3 >0"]);
    await answer(success(2));
    await create();
    expect(places()).toEqual(["4#4 >0"]);
    await answer(success(1), failure(4, "slug_taken"));
    await create();
    expect(places()).toEqual(["5#5 >2"]);
    await answer(success(3), success(5));
    await create();
    expect(places()).toEqual(["6#6 >5"]);
  });

  test("queries have none", async () => {
    const { world, client } = connected();
    void client.query(api.projects.list);
    await settle();
    expect(world.socket.receivedInFull()).toEqual([{ type: "query", requestId: 1, path: "projects:list", args: {} }]);
  });

  test("each client has a queue of its own, of 128 random bits", async () => {
    const queues = await Promise.all(
      [1, 2].map(async () => {
        const world = new World();
        const { randomBytes, ...platform } = world;
        const client = new ZerobackClient("ws://test/ws", { platform });
        world.socket.accept();
        client.mutation(api.tasks.reset).catch(() => {});
        await settle();
        return world.socket.receivedInFull()[0]?.["queue"];
      }),
    );
    expect(queues).toEqual([1, 2].map(() => expect.stringMatching(/^[A-Za-z0-9_-]{21}[AQgw]$/)));
    expect(queues[0]).not.toBe(queues[1]);
  });
});

describe("sent again", () => {
  test("on the next connection: what has no answer, in its order, before what was called later", async () => {
    const { create, answer, places, reconnect, outcomes } = connected();
    await create(3);
    await answer(success(1));
    places();
    await reconnect();
    expect(places()).toEqual(["2#2 >1 !", "3#3 >1 !"]);
    await create();
    expect(places()).toEqual(["4#4 >1"]);
    await reconnect();
    await answer(success(2), success(3), success(4));
    expect(outcomes()).toEqual([resolved, resolved, resolved, resolved]);
  });

  test("on the same connection, when the server has lost what was in flight; live queries go on", async () => {
    const { world, client, create, answer, places, outcomes } = connected();
    const onValue = vi.fn();
    client.onUpdate(api.projects.list, {}, onValue);
    const listed = observe(client.query(api.projects.list));
    await create(2);
    places();
    await answer(success(2));
    world.socket.say({ type: "resend" });
    await settle();
    expect(world.socket.receivedInFull()).toMatchObject([
      { type: "query", requestId: 1 },
      { type: "mutation", requestId: 3, sequence: 2, ackedThrough: 1, attempted: true },
    ]);
    world.socket.transition(1, { queries: [{ queryId: 1, status: "success", value: ["p"] }], answers: [success(1), success(3)] });
    await settle();
    expect([listed(), ...outcomes(), onValue.mock.calls]).toEqual([resolved, resolved, resolved, [[["p"]]]]);
  });

  test("an answer that comes twice is heard once", async () => {
    const { create, answer, outcomes, client, world } = connected();
    await create(2);
    await answer(success(1, "first"), success(1, "second"));
    await answer(failure(1, "conflict"));
    expect(outcomes()).toEqual([{ status: "resolved", value: "first" }, pending]);
    expect([client.connectionDetails.inflightMutations, world.warnings]).toEqual([1, []]);
  });

  test("a server that has it in flight already answers it all the same", async () => {
    const { world, create, answer, outcomes, places } = connected();
    await create();
    places();
    world.socket.say({ ...failure(1, "duplicate_id"), type: "error" });
    await settle();
    expect([outcomes(), places()]).toEqual([[pending], []]);
    await answer(success(1));
    expect(outcomes()).toEqual([resolved]);
  });

  test("one whose answer the server has forgotten rejects, and the next ones go on", async () => {
    const { create, answer, outcomes, places, reconnect } = connected();
    await create();
    await reconnect();
    await answer(failure(1, "outcome_unknown"));
    places();
    await create();
    expect([outcomes(), places()]).toEqual([[rejected("outcome_unknown"), pending], ["2#2 >1"]]);
  });

  test("a queue that no server has answered yet was not forgotten by it: soon after, nothing was attempted", async () => {
    const { world, create, places, reconnect } = connected();
    await create(2);
    places();
    await world.advance(10_000);
    await reconnect();
    expect(places()).toEqual(["1#1 >0", "2#2 >0"]);
    for (let minute = 0; minute < 11; minute++) {
      await world.advance(60_000);
      world.wake();
      world.socket.accept();
    }
    await reconnect();
    expect(places()).toEqual(["1#1 >0 !", "2#2 >0 !"]);
  });
});

describe("refused by a server that cannot run it yet", () => {
  test.each(["unavailable", "migrating", "schema_conflict", "rate_limited"])(
    "%s: it is sent again after a while, and those behind it wait; queries do not",
    async (code) => {
      const { world, client, create, answer, outcomes, places } = connected();
      await create(3);
      await answer(success(1));
      places();
      await answer(refusal(2, code), refusal(3, "out_of_order"));
      await create();
      const listed = observe(client.query(api.projects.list));
      await settle();
      expect(places()).toEqual(["projects:list#undefined >0"]);
      await answer(success(5));
      await world.advance(499);
      expect([places(), listed()]).toEqual([[], resolved]);
      await world.advance(1);
      expect(places()).toEqual(["2#2 >1", "3#3 >1", "4#4 >1"]);
      await answer(refusal(2, code), refusal(3, code), refusal(4, code));
      await world.advance(999);
      expect(places()).toEqual([]);
      await world.advance(1);
      expect(places()).toEqual(["2#2 >1", "3#3 >1", "4#4 >1"]);
      expect(client.connectionDetails.inflightMutations).toBe(3);
      await answer(success(2), success(3), success(4));
      expect(outcomes()).toEqual([resolved, resolved, resolved, resolved]);
      expect(world.warnings).toEqual([expect.stringContaining(`${code}: so it is`)]);
      expect(world.timers).toBe(1);
    },
  );

  test("as an error message too", async () => {
    const { world, create, outcomes, places } = connected();
    await create();
    places();
    world.socket.say({ ...refusal(1, "unavailable"), type: "error" });
    await world.advance(500);
    expect([outcomes(), places()]).toEqual([[pending], ["1#1 >0"]]);
  });

  test("waits begin anew, and so do warnings, after one that was made", async () => {
    const { world, create, answer, places } = connected();
    await create();
    for (let time = 0; time < 3; time++) {
      await answer(refusal(1, "unavailable"));
      await world.advance(2_000);
    }
    await answer(success(1));
    await create();
    places();
    await answer(refusal(2, "unavailable"));
    await world.advance(500);
    expect([places(), world.warnings.length]).toEqual([["2#2 >1"], 2]);
  });

  test("luck takes up to half of a wait away", async () => {
    const { world, create, answer, places } = connected();
    world.luck = 0;
    await create();
    places();
    await answer(refusal(1, "unavailable"));
    await world.advance(250);
    expect(places()).toEqual(["1#1 >0"]);
  });

  test("one that was sent before may have been made then, whatever is said now", async () => {
    const { world, create, answer, places, reconnect, outcomes, client } = connected();
    await create();
    await answer(success(1));
    await create(2);
    await reconnect();
    places();
    await answer(refusal(2, "unavailable"), refusal(3, "unavailable"));
    await world.advance(500);
    expect(places()).toEqual(["2#2 >1 !", "3#3 >1 !"]);
    client.close();
    await settle();
    expect(outcomes()).toEqual([resolved, rejected("outcome_unknown"), rejected("outcome_unknown")]);
  });

  test("one that is refused as it is sent first was certainly not made", async () => {
    const { create, answer, outcomes, client, world } = connected();
    await create();
    await answer(refusal(1, "unavailable"));
    client.close();
    await settle();
    expect([outcomes(), world.timers]).toEqual([[rejected("client_closed")], 0]);
  });

  test("nothing is sent again while something is in flight that could get between", async () => {
    const { world, create, answer, places } = connected();
    await create(2);
    places();
    await answer(refusal(1, "unavailable"));
    await world.advance(5_000);
    expect(places()).toEqual([]);
    await answer(refusal(2, "out_of_order"));
    expect(places()).toEqual(["1#1 >0", "2#2 >0"]);
  });

  test("a connection that is lost meanwhile: the next one is sent all when the wait is over", async () => {
    const { world, create, answer, places, reconnect } = connected();
    await create(3);
    await answer(refusal(1, "unavailable"));
    await reconnect();
    expect(places()).toEqual([]);
    await world.advance(500);
    // The others were in flight when it was lost.
    expect(places()).toEqual(["1#1 >0", "2#2 >0", "3#3 >0"]);
  });

  test.each(["unavailable", "migrating", "schema_conflict", "rate_limited", "out_of_order"])(
    "%s: not where its function says so, which has come to something",
    async (code) => {
      const { world, create, answer, outcomes, places } = connected();
      await create(2);
      places();
      await answer(failure(1, code, { errorData: { perMinute: 3 } }), success(2));
      await world.advance(5_000);
      expect([outcomes(), places()]).toEqual([[rejected(code), resolved], []]);
    },
  );

  test("a query that is refused rejects", async () => {
    const { client, answer } = connected();
    const query = observe(client.query(api.projects.list));
    await settle();
    await answer(failure(1, "migrating"));
    expect(query()).toEqual(rejected("migrating"));
  });
});

describe("out of order", () => {
  test("it is sent again when those before it are answered, and was not attempted", async () => {
    const { world, create, answer, places, outcomes, reconnect } = connected();
    await create();
    await answer(success(1));
    await create();
    await reconnect();
    await create(2);
    places();
    // As of a database that was restored: of the first it knows no more, and so not what to make of the others.
    await answer(refusal(3, "out_of_order"), refusal(4, "out_of_order"));
    await world.advance(5_000);
    expect(places()).toEqual([]);
    await answer(failure(2, "outcome_unknown"));
    expect(places()).toEqual(["3#3 >2", "4#4 >2"]);
    await answer(success(3), success(4));
    expect(outcomes()).toEqual([resolved, rejected("outcome_unknown"), resolved, resolved]);
  });

  test("once it was sent in its order, it may have been made", async () => {
    const { world, create, answer, places, reconnect } = connected();
    await create(3);
    await answer(refusal(1, "unavailable"), refusal(2, "out_of_order"), refusal(3, "out_of_order"));
    await world.advance(500);
    await answer(success(1));
    places();
    // The second may have been made, and its answer lost.
    await answer(refusal(3, "unavailable"));
    await reconnect();
    await world.advance(1_000);
    expect(places()).toEqual(["2#2 >1 !", "3#3 >1"]);
  });

  test("one that was refused is refused once, however often it is said", async () => {
    const { world, create, answer, places, outcomes } = connected();
    await create(2);
    places();
    await answer(refusal(1, "unavailable"), refusal(1, "unavailable"), refusal(2, "out_of_order"));
    await answer(refusal(1, "unavailable"));
    await world.advance(500);
    expect(places()).toEqual(["1#1 >0", "2#2 >0"]);
    await answer(success(1), success(2));
    expect([outcomes(), world.warnings.length, world.timers]).toEqual([[resolved, resolved], 1, 1]);
  });
});

describe("a message that is not taken", () => {
  test.each(["bad_message", "message_too_large"])("%s: it rejects, and nothing takes its place", async (code) => {
    const { world, create, answer, places, outcomes, client } = connected();
    await create(3);
    await answer(success(1));
    places();
    world.socket.say({ ...failure(2, code), type: "error" });
    await settle();
    expect(outcomes()).toEqual([resolved, rejected(code), pending]);
    await answer(refusal(3, "out_of_order"));
    await world.advance(500);
    expect(places()).toEqual(["nothing#2 >1", "3#3 >1"]);
    await answer(failure(2, "function_not_found"), success(3));
    expect(outcomes()).toEqual([resolved, rejected(code), resolved]);
    expect(client.connectionDetails.inflightMutations).toBe(0);
    await create();
    expect(places()).toEqual(["4#4 >3"]);
  });

  test("one that was sent before: the answer to what takes its place tells whether it was made", async () => {
    const { world, create, answer, places, outcomes, reconnect } = connected();
    await create();
    await answer(success(1));
    await create(2);
    await reconnect();
    places();
    world.socket.say({ ...failure(2, "message_too_large"), type: "error" });
    world.socket.say({ ...failure(3, "message_too_large"), type: "error" });
    await world.advance(500);
    expect(outcomes()).toEqual([resolved, pending, pending]);
    expect(places()).toEqual(["nothing#2 >1 !", "nothing#3 >1 !"]);
    await answer(failure(2, "key_reused"), failure(3, "function_not_found"));
    expect(outcomes()).toEqual([resolved, rejected("outcome_unknown"), rejected("message_too_large")]);
  });

  test("one that is larger than a new server takes is not sent again", async () => {
    const { world, client, create, answer, places, outcomes } = connected();
    const large = observe(client.mutation(api.tasks.create, { projectId, text: "é".repeat(200) }));
    await create(2);
    world.socket.drop();
    world.wake();
    world.socket.say({ type: "connected", protocol: 1, limits: { messageBytesMax: 300 } });
    world.socket.drop();
    world.wake();
    world.socket.accept({ messageBytesMax: 300 });
    expect(places()).toEqual(["nothing#1 >0", "1#2 >0", "2#3 >0"]);
    await answer(failure(1, "key_reused"), success(2), success(3));
    expect([large(), ...outcomes()]).toEqual([rejected("outcome_unknown"), resolved, resolved]);
  });

  test("if even nothing is not taken, the others go on", async () => {
    const { world, create, answer, places, outcomes } = connected();
    await create(2);
    world.socket.say({ ...failure(1, "bad_message"), type: "error" });
    await answer(refusal(2, "out_of_order"));
    await world.advance(500);
    places();
    world.socket.say({ ...failure(1, "bad_message"), type: "error" });
    await answer(refusal(2, "out_of_order"));
    await world.advance(1_000);
    expect(places()).toEqual(["2#2 >1"]);
    await answer(success(2));
    expect(outcomes()).toEqual([rejected("bad_message"), resolved]);
  });
});

describe("the end", () => {
  test("a server that refuses the protocol: what only it was sent was not made, of the rest nobody knows", async () => {
    const { world, create, outcomes, answer } = connected();
    await create();
    await answer(success(1));
    await create();
    world.socket.drop();
    await create();
    world.wake();
    world.socket.open();
    await settle();
    world.socket.say({ type: "error", errorCode: "unsupported_protocol", errorMessage: "this server speaks protocol 2" });
    await settle();
    expect(outcomes()).toEqual([resolved, rejected("outcome_unknown"), rejected("unsupported_protocol")]);
  });
});
