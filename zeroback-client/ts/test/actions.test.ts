/** Actions run once: their ids, and when they are sent again. */

import { describe, expect, test } from "vitest";
import { api } from "./api.js";
import { observe, settle, World } from "./world.js";

const url = "https://example.org/tasks";
const success = (requestId: number, value: unknown) => ({ requestId, status: "success", value });
const failure = (requestId: number, errorCode: string, rest: object = {}) => ({
  requestId,
  status: "error",
  errorCode,
  errorMessage: "so it is",
  ...rest,
});
const refusal = (requestId: number) => failure(requestId, "unavailable", { resend: true });

async function connected() {
  const world = new World();
  const client = world.client();
  world.socket.accept();
  await settle();
  world.socket.receivedInFull();
  return {
    world,
    client,
    import: () => observe(client.action(api.tasks.import, { url })),
    sent: () => world.socket.receivedInFull().filter(({ type }) => type === "action"),
    async answer(...answers: object[]): Promise<void> {
      world.socket.transition(1, { answers });
      await settle();
    },
    async reconnect(): Promise<void> {
      world.socket.drop();
      world.wake();
      world.socket.accept();
      await settle();
    },
  };
}

describe("actions", () => {
  test("each call has an id of its own", async () => {
    const { import: call, sent } = await connected();
    call();
    call();
    await settle();
    const [first, second] = sent();
    expect(first).toMatchObject({ type: "action", path: "tasks:import", args: { url } });
    expect(first?.["callId"]).toMatch(/^[\w-]{22}$/);
    expect(second?.["callId"]).toMatch(/^[\w-]{22}$/);
    expect(second?.["callId"]).not.toBe(first?.["callId"]);
  });

  test("the promise settles with the answer, in whichever order those come", async () => {
    const { import: call, answer } = await connected();
    const outcomes = [call(), call()];
    await settle();
    await answer(success(2, 20));
    expect(outcomes.map((outcome) => outcome().status)).toEqual(["pending", "resolved"]);
    await answer(failure(1, "invalid"));
    expect(outcomes[0]?.()).toEqual({ status: "rejected", code: "invalid" });
  });

  test("one without an answer is sent again under its id when the connection is back", async () => {
    const { import: call, sent, reconnect, answer } = await connected();
    const outcome = call();
    await settle();
    const [before] = sent();
    await reconnect();
    const [after] = sent();
    expect(after).toEqual(before);
    await answer(success(1, 3));
    expect(outcome()).toEqual({ status: "resolved", value: 3 });
    await reconnect();
    expect(sent()).toEqual([]);
  });

  test("one that the server could not begin is sent again after a while", async () => {
    const { world, import: call, sent, answer } = await connected();
    const outcome = call();
    await settle();
    const [before] = sent();
    await answer(refusal(1));
    expect(sent()).toEqual([]);
    expect(outcome().status).toBe("pending");
    await world.advance(1_000);
    expect(sent()).toEqual([before]);
    await answer(success(1, 3));
    expect(outcome()).toEqual({ status: "resolved", value: 3 });
  });

  test("one that waits to be sent again is sent once, though the connection is lost meanwhile", async () => {
    const { world, import: call, sent, answer, reconnect } = await connected();
    call();
    await settle();
    sent();
    await answer(refusal(1));
    await reconnect();
    await world.advance(1_000);
    expect(sent()).toHaveLength(1);
  });

  test("what a closed client has sent has an outcome that nobody knows", async () => {
    const { world, client, import: call, answer } = await connected();
    const [sent, refused] = [call(), call()];
    await settle();
    await answer(refusal(2));
    world.socket.drop();
    client.close();
    await settle();
    expect(sent()).toEqual({ status: "rejected", code: "outcome_unknown" });
    expect(refused()).toEqual({ status: "rejected", code: "client_closed" });
  });

  test("a call that came too soon is sent again when the server says", async () => {
    const { world, client, import: call, sent, answer } = await connected();
    const outcomes = [call(), observe(client.query(api.projects.count))];
    await settle();
    sent();
    const tooSoon = { resend: true, errorData: { retryAfterMs: 2_000 } };
    await answer(failure(1, "rate_limited", tooSoon), failure(2, "rate_limited", tooSoon));
    await world.advance(1_999);
    expect(world.socket.receivedInFull()).toEqual([]);
    await world.advance(1);
    expect(world.socket.receivedInFull().map(({ type }) => type)).toEqual(["action", "query"]);
    await answer(success(1, 3), success(2, 4));
    expect(outcomes.map((outcome) => outcome())).toEqual([
      { status: "resolved", value: 3 },
      { status: "resolved", value: 4 },
    ]);
  });

  test("a stuck mutation is in no action's way", async () => {
    const { world, client, import: call, sent, answer } = await connected();
    observe(client.mutation(api.tasks.reset));
    await settle();
    await answer(refusal(1));
    call();
    await settle();
    expect(sent()).toHaveLength(1);
    expect(world.socket).toBeDefined();
  });
});
