/**
 * A page that keeps what it shows and does: a list of notes, and a line to add one. What no person would do, such as a
 * hundred notes at a time, the tests do through `notes`.
 */

import { createRoot } from "react-dom/client";
import { ZerobackClient, ZerobackError } from "zeroback";
import { accounts } from "zeroback/accounts";
import { offline } from "zeroback/offline";
import { useConnectionState, useMutation, useQueryWithStatus, ZerobackProvider } from "zeroback/react";
import { api, schemaHash } from "../../test/suite-api.js";

/** Answered by the tests. */
declare function fetchToken(options: { readonly forceRefresh: boolean }): Promise<string | null>;

const parameters = new URLSearchParams(location.search);
const list = parameters.get("list") ?? "";

const refused: string[] = [];
const outcomes: Record<string, string> = {};
/** Lists that were shown with a note in them twice. */
const doubled: string[] = [];

const client = new ZerobackClient("/ws", {
  auth: accounts,
  // A test does not wait long for a server that is back, or else for ever.
  ...(parameters.has("patient") ? { backoffBaseMs: 2 ** 30, backoffMaxMs: 2 ** 30 } : { backoffMaxMs: 1_000 }),
  ...(parameters.has("offline") && {
    offline: offline({ schemaHash, onRefused: ({ path }, { code }) => refused.push(`${path}: ${code}`) }),
  }),
});
if (parameters.has("token")) client.setAuth((options) => fetchToken(options));

/** The page ends as soon as this note is made. */
let leavesAt: string | undefined;

/** How long the browser could do nothing else, each time it was so for over 50 ms. */
const tasksMs: number[] = [];
new PerformanceObserver((entries) => tasksMs.push(...entries.getEntries().map(({ duration }) => duration))).observe({ type: "longtask" });

/** Adds one note: as whoever is here, in vain, or with a guess. */
function add(text: string, isGuessed: boolean): Promise<unknown> {
  if (text.startsWith("bad")) return client.mutation(api.failing.transfer, { name: list, count: 0 });
  if (parameters.has("isOwn")) return client.mutation(api.identity.write, { list, text });
  if (!isGuessed) return client.mutation(api.notes.add, { list, text });
  return client.mutation(api.notes.add, { list, text }, { optimisticUpdate: (store) => store.update(api.notes.texts, { list }, (texts) => [...texts, text]) });
}

/** Adds notes, all in one go, and takes down what becomes of each. */
function addAll(texts: readonly string[], isGuessed = false): void {
  for (const text of texts) {
    outcomes[text] = "pending";
    add(text, isGuessed).then(
      () => {
        outcomes[text] = "made";
        // A test that is told of it would be too late to end the page in the middle.
        if (text === leavesAt) location.replace("about:blank");
      },
      (error: unknown) => (outcomes[text] = error instanceof ZerobackError ? error.code : String(error)),
    );
  }
}

function leaveAt(text: string): void {
  leavesAt = text;
}

const streamed: string[] = [];

/** Adds notes, a few at a time and as fast as a page may, behind those that are streamed already. */
function stream(texts: readonly string[]): void {
  for (const text of texts) outcomes[text] = "pending";
  if (streamed.push(...texts) > texts.length) return;
  const timer = setInterval(() => {
    addAll(streamed.splice(0, 5), true);
    if (streamed.length === 0) clearInterval(timer);
  }, 0);
}

const watch = client.watch(api.notes.texts, { list });
watch.subscribe(() => {
  const state = watch.state();
  const texts = state.status === "success" ? state.value : [];
  if (new Set(texts).size < texts.length) doubled.push(texts.filter((text, at) => texts.indexOf(text) < at).join());
});

const notes = { client, api, list, addAll, stream, leaveAt, outcomes, refused, doubled, tasksMs };
declare global {
  var notes: typeof import("./notes.js").notes;
}
globalThis.notes = notes;
export { notes };

function Notes() {
  const state = useQueryWithStatus(api.notes.texts, { list });
  const connection = useConnectionState();
  const add = useMutation(api.notes.add);
  return (
    <main data-testid="page" data-connection={connection} data-stale={state.status === "success" && state.isStale === true}>
      <input data-testid="new" onKeyDown={({ key, currentTarget }) => {
        if (key === "Enter") void add({ list, text: currentTarget.value });
      }} />
      <ol>{state.status === "success" && state.value.map((text, at) => <li key={at} data-testid="note">{text}</li>)}</ol>
    </main>
  );
}

const root = document.getElementById("root");
if (root === null) throw new Error("the page has no root");
createRoot(root).render(
  <ZerobackProvider client={client}>
    <Notes />
  </ZerobackProvider>,
);
if (parameters.has("offline")) void navigator.serviceWorker.register("/service-worker.js");
