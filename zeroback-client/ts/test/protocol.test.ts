import { describe, expect, test } from "vitest";
import { decodeServerMessage } from "../src/protocol.js";

const limits = { messageBytesMax: 4_194_304, unacknowledgedBytesMax: 1_048_576 };

describe("what a newer server adds is ignored", () => {
  test.each([
    ["a type", `{"type":"shout","volume":11}`, { type: "unknown" }],
    [
      "fields",
      `{"type":"transition","version":[1,2],"mood":"good","answers":[{"requestId":1,"status":"success","value":null,"tookMs":3}]}`,
      { type: "transition", version: [1, 2], answers: [{ requestId: 1, status: "success", value: null }], queries: [] },
    ],
    ["limits", `{"type":"connected","protocol":1,"limits":{"moonsMax":2},"region":"x"}`, { type: "connected", protocol: 1, limits }],
    ["no limits at all", `{"type":"connected","protocol":1}`, { type: "connected", protocol: 1, limits }],
  ])("%s", (_, text, message) => {
    expect(decodeServerMessage(text)).toEqual(message);
  });
});

describe("what is not of the protocol is refused, with its place", () => {
  test.each([
    ["", "JSON"],
    ["[]", "message: expected an object"],
    ["null", "message: expected an object"],
    ["{}", "type: expected a string"],
    [`{"type":"connected","protocol":2}`, "protocol: expected 1"],
    [`{"type":"transition"}`, "version[0]: expected an integer"],
    [`{"type":"transition","version":[1]}`, "version[1]: expected an integer"],
    [`{"type":"transition","version":[1,2,3]}`, "version: expected two integers"],
    [`{"type":"transition","version":[1,1.5]}`, "version[1]: expected an integer"],
    [`{"type":"transition","version":[1,2],"queries":{}}`, "queries: expected a list"],
    [`{"type":"transition","version":[1,2],"queries":[null]}`, "queries[0]: expected an object"],
    [`{"type":"transition","version":[1,2],"queries":[{"queryId":"1","status":"success","value":1}]}`, "queries[0].queryId"],
    [`{"type":"transition","version":[1,2],"queries":[{"queryId":1,"status":"fine","value":1}]}`, "queries[0].status"],
    [`{"type":"transition","version":[1,2],"queries":[{"queryId":1,"status":"success"}]}`, "queries[0].value: expected a value"],
    [`{"type":"transition","version":[1,2],"queries":[{"queryId":1,"tag":7,"status":"success","value":1}]}`, "queries[0].tag: expected a string"],
    [`{"type":"transition","version":[1,2],"queries":[{"queryId":1,"tag":"a","deltas":[]}]}`, "queries[0].base: expected a string"],
    [`{"type":"transition","version":[1,2],"queries":[{"queryId":1,"base":"a","tag":"b","deltas":{}}]}`, "queries[0].deltas: expected a list"],
    [`{"type":"transition","version":[1,2],"set":"3"}`, "set: expected an integer"],
    [`{"type":"connected","protocol":1,"limits":{"unacknowledgedBytesMax":-1}}`, "limits.unacknowledgedBytesMax: expected an integer"],
    [`{"type":"transition","version":[1,2],"answers":[{"requestId":1,"status":"error"}]}`, "answers[0].errorCode"],
    [`{"type":"error","errorCode":"internal"}`, "message.errorMessage"],
    [`{"type":"error","errorCode":"internal","errorMessage":"x","requestId":-1}`, "requestId: expected an integer"],
  ])("%s", (text, place) => {
    expect(() => decodeServerMessage(text)).toThrow(place);
  });
});
