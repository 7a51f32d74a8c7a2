// React's strict mode, which mounts everything twice: what is unmounted leaves no subscription behind.

import assert from "node:assert/strict";
import { until } from "../stage.mjs";

/** Returns the queries that the server was told to keep live, and not to end. */
function live(sent) {
  const queries = new Map();
  for (const frame of sent) {
    const message = frame.startsWith("{") ? JSON.parse(frame) : {};
    if (message.type !== "querySet") continue;
    for (const { queryId, path } of message.add ?? []) queries.set(queryId, path);
    for (const queryId of message.remove ?? []) assert.ok(queries.delete(queryId), `${queryId} was not live`);
  }
  return [...queries.values()].sort();
}

const PATHS = ["counters:is_odd", "notes/archive:size", "notes:texts", "values:marks"];

async function play(stage, react) {
  const list = stage.list();
  await stage.call("mutation", "notes:add", { list, text: "a note" });
  const tab = await (await stage.person()).tab(`strict-${react}`, { list });
  for (let round = 0; round < 3; round++) {
    await tab.id("texts").getByText("a note").waitFor();
    await tab.id("size").getByText("1").waitFor();
    await tab.id("odd").getByText("success").waitFor();
    await tab.id("marks").getByText("Exhausted").waitFor();
    await tab.connected();
    assert.deepEqual(live(tab.sent), PATHS);
    await tab.id("toggle").click();
    await until("all queries to end", () => live(tab.sent), (paths) => paths.length === 0);
    await tab.id("toggle").click();
  }
  const version = await tab.id("page").getAttribute("data-react");
  assert.ok(version.startsWith(`${react}.`), `it is React ${version}`);
  assert.deepEqual(tab.complaints, []);
}

export const scenes = {
  "React 19 leaves no subscription behind": (stage) => play(stage, 19),
  "React 18 leaves no subscription behind": (stage) => play(stage, 18),
};
