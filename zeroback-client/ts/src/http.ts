/** Calls over HTTP, of which each has one answer. */

import { errorOf } from "./error.js";

/** An answer of the server. */
type Answer =
  | { readonly status: "success"; readonly value: unknown }
  | ({ readonly status: "error" } & Parameters<typeof errorOf>[0]);

/** Makes a request, and returns the JSON of the value that it is answered with. Rejects with a `ZerobackError`. */
export async function request(fetch: typeof globalThis.fetch, url: string, init: RequestInit): Promise<unknown> {
  let answer: Answer;
  try {
    const response = await fetch(url, init);
    answer = (await response.json()) as Answer;
  } catch (cause) {
    const errorMessage = `the server could not be asked: ${String(cause)}`;
    throw errorOf({ errorCode: "unavailable", errorMessage });
  }
  if (answer.status === "error") throw errorOf(answer);
  return answer.value;
}
