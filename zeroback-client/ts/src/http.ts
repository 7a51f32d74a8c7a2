/** Calls over HTTP, of which each has one answer. */

import { errorOf } from "./error.js";
import type { Tag } from "./protocol.js";

/** An answer of the server. */
type Answer =
  | { readonly status: "success"; readonly value: unknown }
  | ({ readonly status: "error" } & Parameters<typeof errorOf>[0]);

/** Makes a request, and returns the JSON of the value that it is answered with. Rejects with a `ZerobackError`. */
export async function request(fetch: typeof globalThis.fetch, url: string, init: RequestInit): Promise<unknown> {
  return (await requestTagged(fetch, url, init)).value;
}

export interface Tagged {
  readonly value: unknown;
  /** What names the value as the result of a live query. */
  readonly tag: Tag | undefined;
}

/** The same, with what names the value. */
export async function requestTagged(fetch: typeof globalThis.fetch, url: string, init: RequestInit): Promise<Tagged> {
  let answer: Answer;
  let tag: Tag | null;
  try {
    const response = await fetch(url, init);
    tag = response.headers.get("zeroback-tag");
    answer = (await response.json()) as Answer;
  } catch (cause) {
    const errorMessage = `the server could not be asked: ${String(cause)}`;
    throw errorOf({ errorCode: "unavailable", errorMessage });
  }
  if (answer.status === "error") throw errorOf(answer);
  return { value: answer.value, tag: tag ?? undefined };
}
