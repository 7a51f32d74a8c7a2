/** The messages that the Rust tests read too: neither side may drift. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type ClientMessage, decodeServerMessage, encodeClientMessage } from "../src/protocol.js";

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

describe("every message of a server is decoded without loss", () => {
  test.each(messages("server"))("$name", ({ text }) => {
    const message = JSON.parse(text) as Record<string, unknown>;
    const decoded = decodeServerMessage(text);
    expect(decoded.type).toBe(message["type"]);
    if (decoded.type === "transition") {
      expect(decoded).toEqual({ answers: [], queries: [], ...message });
    } else if (decoded.type === "error") {
      expect(decoded).toEqual(message);
    } else if (decoded.type === "connected") {
      const { messageBytesMax } = message["limits"] as { messageBytesMax: number };
      expect(decoded.messageBytesMax).toBe(messageBytesMax);
    }
  });
});
