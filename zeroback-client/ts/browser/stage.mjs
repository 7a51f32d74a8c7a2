// Where the chapters play: a host that can be killed and started again, people with browsers of their own, and tabs
// that know what went over their sockets.

import { createHmac } from "node:crypto";
import { start } from "../../../xtask/browser/hosts.mjs";

/** How long anything may take: a shared machine may be slow, and a hang is to be told from that. */
const WAIT_MS_MAX = 30_000;

const ISSUER = "https://browser.example";
const AUDIENCE = "browser";
const SECRET = "a secret of the browser tests, which protects nothing";

/** What the hosts are told of the tokens. */
export const SETTINGS = {
  ZEROBACK_AUTH: JSON.stringify({ providers: [{ issuer: ISSUER, audience: AUDIENCE, secret: SECRET, leewaySeconds: 0 }] }),
};

/** Returns a token of somebody, good for so long, and in vain where that lies in the past. */
export function token(subject, goodForMs) {
  const encode = (part) => Buffer.from(JSON.stringify(part)).toString("base64url");
  const claims = { iss: ISSUER, aud: AUDIENCE, sub: subject, exp: (Date.now() + goodForMs) / 1_000 };
  const text = `${encode({ alg: "HS256", typ: "JWT" })}.${encode(claims)}`;
  return `${text}.${createHmac("sha256", SECRET).update(text).digest("base64url")}`;
}

export class Stage {
  #browser;
  #host;
  #data;
  #server;
  #port = 0;
  #contexts = [];
  #lists = 0;

  constructor(browser, host, data) {
    this.#browser = browser;
    this.#host = host;
    this.#data = data;
  }

  /** Starts the host, where the pages know it. */
  async mend() {
    this.#server = await start(this.#host, this.#data, this.#port);
    this.#port = this.#server.port;
  }

  /** Kills the host: to the pages the network is gone, and what was under way with it. */
  async cut() {
    const server = this.#server;
    this.#server = undefined;
    await server.kill();
  }

  /** Leaves things as the next chapter wants them. */
  async clear() {
    for (const context of this.#contexts.splice(0)) await context.close();
    if (this.#server === undefined) await this.mend();
  }

  async end() {
    for (const context of this.#contexts.splice(0)) await context.close();
    await this.#server?.stop();
  }

  /** The newest lines that the host has written. */
  get output() {
    return this.#server?.output.slice(-20) ?? [];
  }

  /** Returns the name of a list that nobody else uses. */
  list() {
    return `list ${++this.#lists}`;
  }

  /** Returns somebody with a browser of their own. */
  async person() {
    const context = await this.#browser.newContext();
    this.#contexts.push(context);
    return new Person(context, () => `http://127.0.0.1:${this.#port}`);
  }

  /** Calls a function as nobody, by HTTP. */
  async call(kind, path, args) {
    const response = await fetch(`http://127.0.0.1:${this.#port}/api/${kind}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ path, args }),
    });
    const answer = await response.json();
    if (answer.status !== "success") throw new Error(`${path}: ${JSON.stringify(answer)}`);
    return answer.value;
  }

  texts(list) {
    return this.call("query", "notes:texts", { list });
  }

  /** Waits until the server has so many notes in a list, and returns them. */
  async textsOf(list, count) {
    const isThere = (texts) => texts.length >= count;
    return until(`${count} notes in ${list}`, () => this.texts(list), isThere, (texts) => `there are ${texts.length}`);
  }
}

class Person {
  context;
  #origin;

  constructor(context, origin) {
    this.context = context;
    this.#origin = origin;
  }

  /** Opens a page in a tab of its own. */
  async tab(path, parameters) {
    const page = await this.context.newPage();
    page.setDefaultTimeout(WAIT_MS_MAX);
    const tab = new Tab(page);
    await page.goto(`${this.#origin()}/${path}?${new URLSearchParams(parameters)}`);
    return tab;
  }
}

export class Tab {
  page;
  sent = [];
  received = [];
  /** What went wrong in the page that no test has asked for. */
  complaints = [];

  constructor(page) {
    this.page = page;
    page.on("websocket", (socket) => {
      socket.on("framesent", ({ payload }) => this.sent.push(String(payload)));
      socket.on("framereceived", ({ payload }) => this.received.push(String(payload)));
    });
    page.on("pageerror", (error) => this.complaints.push(`uncaught: ${error.stack ?? error}`));
    page.on("console", (message) => {
      const text = message.text();
      const isOfTheCut = /WebSocket connection to .* failed|Failed to load resource|ERR_CONNECTION/.test(text);
      if (["error", "warning"].includes(message.type()) && !isOfTheCut) this.complaints.push(text);
    });
  }

  id(testId) {
    return this.page.getByTestId(testId);
  }

  note(text) {
    return this.id("note").filter({ hasText: new RegExp(`^${text}$`) });
  }

  connected() {
    return this.page.locator("[data-connection=connected]").waitFor();
  }

  lost() {
    return this.page.locator("[data-testid=page]:not([data-connection=connected])").waitFor();
  }

  /** Waits until the list is there, and stale or not. */
  async stale(isStale) {
    await this.page.locator(`[data-stale=${isStale}]`).waitFor();
  }

  /** Waits until one more of the page's calls is answered. */
  async answered() {
    const isAnswer = (frame) => frame.includes('"answers"');
    const before = this.received.filter(isAnswer).length;
    await until("an answer", () => this.received.filter(isAnswer).length, (count) => count > before);
  }

  add(texts, isGuessed = false) {
    return this.page.evaluate(([texts, isGuessed]) => notes.addAll(texts, isGuessed), [texts, isGuessed]);
  }

  outcomes() {
    return this.page.evaluate(() => notes.outcomes);
  }

  /** Waits until the promises of all that this page has added have settled, and returns what they have come to. */
  async settled() {
    await this.page.waitForFunction(() => !Object.values(notes.outcomes).includes("pending"));
    return this.outcomes();
  }

  /** What the database of the browser has of a kind. */
  kept(kind) {
    return this.page.evaluate(readKept, kind);
  }

  /** Waits until the database has so many entries of a kind. */
  async untilKept(kind, count) {
    await until(`${count} entries of ${kind}`, () => this.kept(kind), (kept) => kept.length === count, (kept) => kept.join("\n"));
  }
}

/** Runs in the page. Returns the entries whose keys begin with the kind; with none, all of them. */
async function readKept(kind) {
  const database = await new Promise((resolve, reject) => {
    const request = indexedDB.open("zeroback", 1);
    // Nobody has written yet: the client is to make the database, and not this.
    request.onupgradeneeded = () => request.transaction.abort();
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => (request.error.name === "AbortError" ? resolve(undefined) : reject(request.error));
  });
  if (database === undefined) return [];
  const store = database.transaction("texts", "readonly").objectStore("texts");
  const [keys, texts] = await Promise.all([store.getAllKeys(), store.getAll()].map((request) =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    }),
  ));
  database.close();
  return keys.map((key, at) => `${key} ${texts[at]}`).filter((entry) => entry.startsWith(kind === undefined ? "" : `["${kind}"`));
}

/** Asks again and again, without a pause but what asking takes, until the answer fits. */
export async function until(what, ask, fits, describe = JSON.stringify) {
  const givenUpAt = performance.now() + WAIT_MS_MAX;
  for (;;) {
    // What is asked for may have to be read from a socket first.
    await new Promise((resolve) => setImmediate(resolve));
    const answer = await ask();
    if (fits(answer)) return answer;
    if (performance.now() > givenUpAt) throw new Error(`waited ${WAIT_MS_MAX} ms for ${what}: ${describe(answer)}`);
  }
}

/** Returns names in their order: `a 0`, `a 1` and so on. */
export function names(prefix, count) {
  return Array.from({ length: count }, (_, at) => `${prefix} ${at}`);
}
