/** Accounts: what is asked of the server, and when the client connects anew. */

import { describe, expect, test, vi } from "vitest";
import { accounts, createAccounts } from "../src/accounts.js";
import { type Id, ZerobackClient } from "../src/index.js";
import { api } from "./api.js";
import { settle, World } from "./world.js";

const signedIn = { user: { id: "user_1" }, session: { id: "session_1" } };

/** Answers requests, and keeps them. */
function backend(answer: unknown = { status: "success", value: signedIn }) {
  const asked: unknown[] = [];
  const led: string[] = [];
  let reconnects = 0;
  let clears = 0;
  const accounts = createAccounts("https://db.example", {
    fetch: async (url, { method = "GET", body, credentials, headers } = {}) => {
      expect(credentials).toBe("include");
      if (method === "POST") expect(headers).toEqual({ "content-type": "application/json" });
      asked.push([method, url, ...(body === undefined ? [] : [JSON.parse(body as string)])]);
      if (answer instanceof Error) throw answer;
      return Response.json(answer);
    },
    navigate: (url) => led.push(url),
    client: { reconnect: () => void reconnects++, clearAuth: () => void clears++ },
  });
  return { accounts, asked, led, reconnects: () => reconnects, clears: () => clears };
}

describe("accounts", () => {
  test("are those of a client's backend, as `client.auth`", async () => {
    const world = new World();
    const asked: string[] = [];
    vi.stubGlobal("fetch", async (url: string) => {
      asked.push(url);
      return Response.json({ status: "success", value: signedIn });
    });
    try {
      const client = new ZerobackClient("wss://db.example/ws", { platform: world, auth: accounts });
      expect(await client.auth.signIn({ email: "ada@example.org", password: "correct horse" })).toEqual(signedIn);
    } finally {
      vi.unstubAllGlobals();
    }
    expect(asked).toEqual(["https://db.example/auth/sign-in"]);
    expect(world.sockets.length, "it has connected anew").toBe(2);
    expect(new ZerobackClient("wss://db.example/ws", { platform: world }).auth).toBeUndefined();
  });

  test("whoever signs up, in or out is another on the socket", async () => {
    const { accounts, asked, reconnects, clears } = backend();
    const form = { email: "ada@example.org", password: "correct horse" };
    expect(await accounts.signUp({ ...form, name: "Ada" })).toEqual(signedIn);
    await accounts.signIn(form);
    expect(clears()).toBe(0);
    await accounts.signOut();
    expect(clears()).toBe(1);
    expect(reconnects()).toBe(3);
    expect(asked).toEqual([
      ["POST", "https://db.example/auth/sign-up", { ...form, name: "Ada" }],
      ["POST", "https://db.example/auth/sign-in", form],
      ["POST", "https://db.example/auth/sign-out", {}],
    ]);
  });

  test("looking and revoking others leaves the socket as it is", async () => {
    const { accounts, asked, reconnects } = backend({ status: "success", value: { revoked: 2 } });
    await accounts.session();
    await accounts.sessions();
    expect(await accounts.revoke("others")).toBe(2);
    await accounts.revoke({ id: "session_1" });
    await accounts.changePassword({ oldPassword: "old", password: "new" });
    expect(reconnects()).toBe(0);
    expect(asked).toEqual([
      ["GET", "https://db.example/auth/session"],
      ["GET", "https://db.example/auth/sessions"],
      ["POST", "https://db.example/auth/sessions/revoke", { others: true }],
      ["POST", "https://db.example/auth/sessions/revoke", { id: "session_1" }],
      ["POST", "https://db.example/auth/password", { oldPassword: "old", password: "new" }],
    ]);
  });

  test("a provider is told where to come back to, whatever is in the path", () => {
    const { accounts, led } = backend();
    accounts.signInWith("github", "/a?b=c&d#e");
    accounts.signInWith("google");
    expect(led).toEqual([
      "https://db.example/auth/github?returnTo=%2Fa%3Fb%3Dc%26d%23e",
      "https://db.example/auth/google?returnTo=%2F",
    ]);
  });

  test("what is refused rejects with its code and data, and connects nobody anew", async () => {
    const errorData = { retryAfterMs: 30_000 };
    const refused = { status: "error", errorCode: "rate_limited", errorMessage: "too many tries", errorData };
    const { accounts, reconnects, clears } = backend(refused);
    const form = { email: "ada@example.org", password: "wrong" };
    await expect(accounts.signIn(form)).rejects.toMatchObject({ code: "rate_limited", data: errorData });
    await expect(accounts.signOut()).rejects.toMatchObject({ code: "rate_limited" });
    expect([reconnects(), clears()]).toEqual([0, 0]);
    const { accounts: lost } = backend(new Error("no network"));
    await expect(lost.session()).rejects.toMatchObject({ name: "ZerobackError", code: "unavailable" });
  });
});

describe("reconnect", () => {
  test("opens another socket at once, and asks again for what is live and pending", async () => {
    const world = new World();
    const client = world.client();
    const first = world.socket;
    first.accept();
    client.onUpdate(api.tasks.list, { projectId: "projects_1" as Id<"projects"> }, () => {});
    await settle();
    const types = (socket: typeof first): unknown[] => socket.received().map(({ type }) => type);
    expect(types(first)).toEqual(["querySet"]);
    client.reconnect();
    const second = world.socket;
    expect(second).not.toBe(first);
    second.accept();
    await settle();
    expect(types(second)).toEqual(["querySet"]);
    expect(client.connectionState).toBe("connected");
    client.close();
    client.reconnect();
    expect(world.socket).toBe(second);
  });
});
