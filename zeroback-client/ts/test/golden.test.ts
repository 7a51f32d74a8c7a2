/** The messages that the Rust tests read too: neither side may drift. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type ClientMessage, decodeServerMessage, encodeClientMessage } from "../src/protocol.js";
import { encodeArgs } from "../src/values.js";
import { api } from "./api.js";
import { settle, World } from "./world.js";

const golden = join(import.meta.dirname, "../../../zeroback-protocol/golden");

function messages(side: "client" | "server"): Array<{ name: string; text: string }> {
  return readdirSync(join(golden, side))
    .filter((name) => name.endsWith(".json"))
    .map((name) => ({ name, text: readFileSync(join(golden, side, name), "utf8").trim() }));
}

/** The fields of each type of message, in their order. */
const fieldsOf = new Map<string, string[]>();
for (const { text } of messages("client")) {
  const message = JSON.parse(text) as Record<string, unknown>;
  const [added] = (message["add"] ?? []) as object[];
  note(String(message["type"]), message);
  if (added !== undefined) note("add", added);
}

function note(type: string, message: object): void {
  const known = fieldsOf.get(type) ?? [];
  let at = 0;
  for (const name of Object.keys(message)) {
    if (!known.includes(name)) known.splice(at, 0, name);
    at = known.indexOf(name) + 1;
  }
  fieldsOf.set(type, known);
}

/** Expects a message to have no other fields than those of its type, in their order, and none that says nothing. */
function expectFields(type: string, message: object): void {
  const known = fieldsOf.get(type) ?? [];
  const names = Object.keys(message);
  expect(names, type).toEqual(known.filter((name) => names.includes(name)));
  for (const [name, value] of Object.entries(message)) {
    if (!["args", "token", "transitions"].includes(name)) expect(value, `${type}.${name}`).toBeTruthy();
    if (Array.isArray(value)) expect(value.length, `${type}.${name}`).toBeGreaterThan(0);
  }
}

test("every message of a client is built as its example is", async () => {
  const world = new World();
  const client = world.client();
  const sent: string[] = [];
  const read = (): void => void sent.push(...world.socket.sent.splice(0));
  client.setAuth(() => "a.b.c");
  await settle();
  world.socket.accept({ unacknowledgedBytesMax: 1_000 });
  await settle();
  const stop = client.onUpdate(api.projects.list, {}, () => {});
  client.onUpdate(api.projects.names, {}, () => {});
  const calls = [
    client.query(api.projects.count),
    client.action(api.tasks.import, { url: "https://example.org/tasks" }),
    client.mutation(api.projects.rename, { name: "a" }),
    client.mutation(api.projects.rename, { name: "b" }),
  ];
  for (const call of calls) call.catch(() => {});
  await settle();
  world.socket.transition(1, {
    answers: [{ requestId: 3, status: "success", value: null }],
    queries: [1, 2].map((queryId) => ({ queryId, tag: "AAAAAAAAAAE", status: "success", value: [] })),
  });
  read();
  world.socket.drop();
  // By then the server may have forgotten the queue.
  await world.advance(3 * 600_000);
  world.wake();
  world.socket.accept();
  await settle();
  stop();
  await world.advance(2_000);
  client.clearAuth();
  read();
  const types = sent.map((text) => {
    if (text === "ping") return text;
    const message = JSON.parse(text) as { readonly type: string; readonly add?: readonly object[] };
    expect(encodeClientMessage(message as ClientMessage)).toBe(text);
    expectFields(message.type, message);
    for (const query of message.add ?? []) expectFields("add", query);
    return message.type;
  });
  const all = ["ack", "action", "authenticate", "connect", "mutation", "query", "querySet"];
  expect([...new Set(types)].sort()).toEqual(all);
  for (const field of ["callId", "ackedThrough", "attempted", "tag", "remove", "set"]) {
    expect(sent.join(), field).toContain(`"${field}":`);
  }
});

/** What a message stands for, where that is not its JSON. */
const valuesOf: Record<string, object> = {
  "transition-values.json": {
    type: "transition",
    version: [1, 44],
    answers: [{ requestId: 9, status: "success", value: -(2n ** 63n) }],
    queries: [
      { queryId: 4, status: "success", value: [{ hash: Uint8Array.of(0, 251, 255), size: 2n ** 53n + 1n }] },
      { queryId: 5, status: "error", errorCode: "stale", errorMessage: "stale", errorData: { seen: 0n } },
    ],
  },
};

describe("every message of a server is decoded without loss", () => {
  test.each(messages("server"))("$name", ({ name, text }) => {
    const message = JSON.parse(text) as Record<string, unknown>;
    const decoded = decodeServerMessage(text);
    expect(decoded.type).toBe(message["type"]);
    if (decoded.type === "transition") {
      expect(decoded).toEqual({ answers: [], queries: [], ...(valuesOf[name] ?? message) });
    } else if (decoded.type === "connected") {
      expect(message["limits"]).toMatchObject(decoded.limits);
    } else {
      expect(decoded).toEqual(message);
    }
  });
});

describe("values of every form go through the client unchanged", () => {
  const lines = readFileSync(join(golden, "values.jsonl"), "utf8").split("\n");
  // After each value as the server writes it comes the same value as the client writes it, its keys sorted.
  const values = lines.flatMap((value, at) => (at % 2 === 0 && value !== "" ? [{ value, written: lines[at + 1] }] : []));

  test.each(values)("$#", ({ value, written }) => {
    const message = decodeServerMessage(
      `{"type":"transition","version":[1,2],"answers":[{"requestId":1,"status":"success","value":${value}}]}`,
    );
    const [answer] = message.type === "transition" ? message.answers : [];
    expect(answer?.status === "success" && JSON.parse(encodeArgs(answer.value as object))).toEqual(JSON.parse(written ?? ""));
  });

  test("there are some", () => expect(values).toHaveLength(100));
});
