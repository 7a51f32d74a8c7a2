// What a client does in every runtime: a live query that follows, mutations that are made once, an action, an error,
// bigints and bytes, and a connection that is replaced.

import { functionReference, ZerobackClient } from "../dist/index.js";

const value = functionReference("counters:value");
const add = functionReference("counters:add");
const increment = functionReference("actions:increment");
const transfer = functionReference("failing:transfer");
const mark = functionReference("values:mark");
const numbers = functionReference("values:numbers");
const codes = functionReference("values:codes");

const NUMBER = 2n ** 63n - 2n;
const CODE = Uint8Array.of(0, 251, 255);

/** Plays it with a counter and a list of this name, which nobody else has. Returns what has come of it, as JSON. */
export async function play(url, name, webSocket) {
  const client = new ZerobackClient(url, webSocket === undefined ? {} : { webSocket });
  const shown = [];
  try {
    const stop = await new Promise((resolve, reject) => {
      const stop = client.onUpdate(value, { name }, (count) => (shown.push(count), queueMicrotask(() => resolve(stop))), reject);
    });
    const made = [await client.mutation(add, { name, by: 2 })];
    // The promise settles when the client's own live queries show what was made.
    made.push(shown.at(-1));
    made.push(await client.action(increment, { name }));
    const refused = await client.mutation(transfer, { name, count: 0 }).catch((error) => `${error.name}: ${error.code}`);
    await client.mutation(mark, { mark: { list: name, number: NUMBER, code: CODE, count: 1, weight: 0.5 } });
    const marked = [
      ...(await client.query(numbers, { list: name, from: 0n, to: NUMBER + 1n })),
      ...(await client.query(codes, { list: name, above: Uint8Array.of() })),
    ];
    client.reconnect();
    made.push(await client.mutation(add, { name, by: 4 }));
    made.push(shown.at(-1));
    stop();
    return { made, refused, marked: marked.map((one) => (typeof one === "bigint" ? `${one}n` : [...one])), state: client.connectionState };
  } finally {
    client.close();
  }
}

/** What is to come of it. */
export const EXPECTED = {
  made: [2, 2, 3, 7, 7],
  refused: "ZerobackError: locked",
  marked: [`${NUMBER}n`, [...CODE]],
  state: "connected",
};
