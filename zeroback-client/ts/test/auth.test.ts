/** Who is at this end: when tokens are asked for and said, and what waits for them. */

import { describe, expect, test } from "vitest";
import { api } from "./api.js";
import type { Id } from "../src/index.js";
import { type FakeSocket, settle, World } from "./world.js";

const projectId = "projects_1" as Id<"projects">;

const accepted = (expiresInMs?: number): object => ({ type: "authentication", status: "accepted", expiresInMs });
const refused = {
  type: "authentication",
  status: "refused",
  errorCode: "invalid_token",
  errorMessage: "token: its signature is wrong",
};
const expired = { type: "authentication", status: "expired" };

const types = (socket: FakeSocket): unknown[] => socket.receivedInFull().map(({ type, token }) => token ?? type);

/** Gives out tokens `t1`, `t2`, … when told to. */
class Tokens {
  readonly asked: boolean[] = [];
  #give: Array<(token: string | null) => void> = [];

  readonly fetch = ({ forceRefresh }: { forceRefresh: boolean }): Promise<string | null> => {
    this.asked.push(forceRefresh);
    return new Promise((resolve) => this.#give.push(resolve));
  };

  async give(token: string | null = `t${this.asked.length}`): Promise<void> {
    this.#give.shift()?.(token);
    await settle();
  }
}

describe("a client that says who it is", () => {
  test("asks for nothing before it has said so, on each connection", async () => {
    const [world, tokens] = [new World(), new Tokens()];
    const client = world.client();
    client.setAuth(tokens.fetch);
    client.onUpdate(api.tasks.list, { projectId }, () => {});
    world.socket.accept();
    await settle();
    expect(types(world.socket)).toEqual([]);
    await tokens.give();
    expect(types(world.socket)).toEqual(["t1", "querySet"]);
    world.socket.drop();
    await world.advance(20_000);
    world.socket.accept();
    await settle();
    expect(types(world.socket)).toEqual([]);
    await tokens.give();
    expect(types(world.socket)).toEqual(["t2", "querySet"]);
    expect(tokens.asked).toEqual([false, false]);
  });

  test("goes on at once where nobody is signed in", async () => {
    const [world, told] = [new World(), [] as boolean[]];
    const client = world.client();
    client.setAuth(
      () => null,
      (isAuthenticated) => told.push(isAuthenticated),
    );
    client.onUpdate(api.tasks.list, { projectId }, () => {});
    world.socket.accept();
    await settle();
    expect(types(world.socket)).toEqual(["querySet"]);
    expect(told).toEqual([false]);
  });

  test("replaces a token before it expires, and has what is called meanwhile wait for it", async () => {
    const [world, tokens] = [new World(), new Tokens()];
    const client = world.client({ heartbeatIntervalMs: 1e9 });
    client.setAuth(tokens.fetch);
    world.socket.accept();
    await tokens.give();
    world.socket.say(accepted(600_000));
    await world.advance(539_000);
    expect(tokens.asked).toEqual([false]);
    await world.advance(1_000);
    expect(tokens.asked).toEqual([false, true]);
    client.mutation(api.tasks.reset).catch(() => {});
    await settle();
    expect(types(world.socket)).toEqual(["t1"]);
    await tokens.give();
    expect(types(world.socket)).toEqual(["t2", "mutation"]);
  });

  test("asks once more for a token that was refused, and then is nobody", async () => {
    const [world, tokens, told] = [new World(), new Tokens(), [] as boolean[]];
    const client = world.client();
    client.setAuth(tokens.fetch, (isAuthenticated) => told.push(isAuthenticated));
    world.socket.accept();
    await tokens.give();
    world.socket.say(refused);
    client.onUpdate(api.tasks.list, { projectId }, () => {});
    await settle();
    expect(types(world.socket)).toEqual(["t1"]);
    expect(tokens.asked).toEqual([false, true]);
    await tokens.give();
    expect(types(world.socket)).toEqual(["t2", "querySet"]);
    expect(world.warnings).toEqual([]);
    world.socket.say(refused);
    expect(world.socket.receivedInFull()).toEqual([{ type: "authenticate", token: null }]);
    world.socket.say(accepted());
    expect(told).toEqual([false]);
    expect(world.warnings).toEqual(["the server refused the token: invalid_token: token: its signature is wrong"]);
    expect(tokens.asked).toHaveLength(2);
  });

  test("gives another token when the server asks, and what is called meanwhile waits", async () => {
    const [world, tokens, told] = [new World(), new Tokens(), [] as boolean[]];
    const client = world.client();
    client.setAuth(tokens.fetch, (isAuthenticated) => told.push(isAuthenticated));
    world.socket.accept();
    await tokens.give();
    world.socket.say(accepted(600_000));
    world.socket.say(expired);
    void client.query(api.tasks.list, { projectId });
    await settle();
    expect(types(world.socket)).toEqual(["t1"]);
    await tokens.give();
    expect(types(world.socket)).toEqual(["t2", "query"]);
    world.socket.say(accepted(600_000));
    expect(told).toEqual([true]);
    expect(tokens.asked).toEqual([false, true]);
  });

  test("is told of the last of several, however the answers come", async () => {
    const [world, told] = [new World(), [] as boolean[]];
    const client = world.client();
    world.socket.accept();
    client.setAuth(
      () => "old",
      (isAuthenticated) => told.push(isAuthenticated),
    );
    await settle();
    client.setAuth(
      () => "new",
      (isAuthenticated) => told.push(isAuthenticated),
    );
    await settle();
    expect(types(world.socket)).toEqual(["old", "new"]);
    world.socket.say(refused);
    await settle();
    expect(types(world.socket)).toEqual([]);
    world.socket.say(accepted(1_000_000));
    expect(told).toEqual([true]);
  });

  test("is nobody when its token cannot be had, and when it signs out", async () => {
    const [world, told] = [new World(), [] as boolean[]];
    const client = world.client();
    client.setAuth(
      () => Promise.reject(new Error("offline")),
      (isAuthenticated) => told.push(isAuthenticated),
    );
    world.socket.accept();
    await settle();
    expect(told).toEqual([false]);
    expect(world.warnings).toEqual(["the token could not be had; nobody is signed in: Error: offline"]);
    client.setAuth(
      () => "t",
      (isAuthenticated) => told.push(isAuthenticated),
    );
    await settle();
    world.socket.say(accepted(1_000));
    client.clearAuth();
    world.socket.say(accepted());
    expect(world.socket.receivedInFull().map(({ token }) => token)).toEqual(["t", null]);
    expect(told).toEqual([false, true, false]);
    await world.advance(60_000);
  });

  test("leaves no timer behind when it is closed", async () => {
    const world = new World();
    const client = world.client();
    client.setAuth(() => "t");
    world.socket.accept();
    await settle();
    world.socket.say(accepted(600_000));
    client.close();
    expect(world.timers).toBe(0);
  });
});
