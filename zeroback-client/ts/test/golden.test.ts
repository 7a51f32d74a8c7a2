/** The messages that the Rust tests read too: neither side may drift. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type ClientMessage, decodeServerMessage, encodeClientMessage } from "../src/protocol.js";
import { encodeArgs } from "../src/values.js";

const golden = join(import.meta.dirname, "../../../zeroback-protocol/golden");

function messages(side: "client" | "server"): Array<{ name: string; text: string }> {
  return readdirSync(join(golden, side))
    .filter((name) => name.endsWith(".json"))
    .map((name) => ({ name, text: readFileSync(join(golden, side, name), "utf8").trim() }));
}

describe("every message of a client is one that the encoder writes", () => {
  test.each(messages("client"))("$name", ({ text }) => {
    const message = JSON.parse(text) as ClientMessage;
    const whole = message.type === "querySet" ? { ...message, add: message.add ?? [], remove: message.remove ?? [] } : message;
    expect(encodeClientMessage(whole)).toBe(text);
  });
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
    expect(answer?.status === "success" && encodeArgs(answer.value as object)).toBe(written);
  });

  test("there are some", () => expect(values).toHaveLength(100));
});
