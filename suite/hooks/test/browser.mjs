// The hooks for Leptos in a real browser, on each host.
//
//   ZEROBACK_PAGE_DIR       the packaged page
//   ZEROBACK_RENDERING_BIN  a native server of the same app that renders it; see xtask/browser for the other names

import { deepStrictEqual, strictEqual } from "node:assert";
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { hosts, start, within } from "../../../xtask/browser/hosts.mjs";
import { runOn } from "../../../xtask/browser/run.mjs";

const WAIT_MS_MAX = 20_000;

const assets = process.env.ZEROBACK_PAGE_DIR;
if (assets === undefined) throw new Error("ZEROBACK_PAGE_DIR names no packaged page");
for (const file of ["index.html", "start.js"]) {
  await copyFile(new URL(`../page/${file}`, import.meta.url), join(assets, file));
}
const { ZEROBACK_RENDERING_BIN } = process.env;
const [rendering] = hosts({ ZEROBACK_SERVER_BIN: ZEROBACK_RENDERING_BIN }, assets);
if (ZEROBACK_RENDERING_BIN === undefined) rendering.skipped = "ZEROBACK_RENDERING_BIN names no server";
await runOn([...hosts(process.env, assets), { ...rendering, name: "rendering", renders: true }], tryHost);

async function tryHost(browser, host, data) {
  let server = await start(host, data);
  const { port } = server;
  const complaints = [];
  try {
    const [ada, ben] = [await open(), await open()];

    // Two windows show one number, whoever clicks.
    await shows([ada, ben], "count", "0");
    await ada.page.click("#count");
    await shows([ada, ben], "count", "1");
    await ben.page.click("#count");
    await shows([ada, ben], "count", "2");

    // What an action changes is pushed too, and its handle knows when it has ended.
    await ada.page.click("#act");
    await shows([ada, ben], "count", "3");
    await shows([ada], "act", "idle");

    // What fails is taken back, and is an error of the function's own type.
    const seen = await watch(ada.page, "count");
    await ada.page.click("#take");
    await shows([ada], "failure", "997 are missing");
    await shows([ada, ben], "count", "3");
    deepStrictEqual(await seen(), ["-997", "3"]);

    // Other arguments are another query, none are no query, and the one before is found again.
    await ada.page.click("#other");
    await shows([ada], "count", "0");
    await ada.page.click("#none");
    await shows([ada], "count", "skipped");
    await ada.page.click("#clicks");
    await shows([ada], "count", "3");

    // What is waited for is shown when it comes, and what is pushed then does not wait again.
    await shows([ada, ben], "titles", "");
    const swapped = await watch(ben.page, "waiting");
    for (const titles of ["x", "x,x", "x,x,x"]) {
      await ada.page.click("#push");
      await shows([ada, ben], "titles", titles);
    }
    deepStrictEqual(await swapped(), []);

    // What nobody looks at any more is not asked for any more.
    await ada.page.click("#toggle");
    await shows([ada], "passing", "0");
    const asked = ada.sent.findLast((frame) => frame.add?.some(({ args }) => args.name === "passing"));
    const { queryId } = asked.add.find(({ args }) => args.name === "passing");
    await ada.page.click("#toggle");
    const isGone = () => ada.sent.some((frame) => frame.remove?.includes(queryId));
    await until(isGone, "the query to be given up");

    // What is done without a server is shown at once, and made once when there is one again.
    await server.kill();
    await shows([ada, ben], "connected", "false");
    for (let clicks = 0; clicks < 5; clicks++) await ada.page.click("#count");
    await shows([ada], "count", "8");
    await shows([ben], "count", "3");
    server = await start(host, data, port);
    await shows([ada, ben], "count", "8");
    await shows([ada, ben], "connected", "true");

    deepStrictEqual(complaints, []);
    if (host.renders) {
      // The document alone shows the data.
      const cut = await open((page) =>
        page.route("**/*", (route) => (route.request().resourceType() === "document" ? route.continue() : route.abort())),
      );
      await shows([cut], "titles", "x,x,x");
      await shows([cut], "connected", "false");
      // It complains of what it was not given.
      complaints.length = 0;

      // And is taken over with what it has: nothing of it is sent again, and nothing is shown in between.
      const late = await open((page) => page.addInitScript(noteTexts, "titles"));
      await shows([late], "connected", "true");
      await shows([late, ada, ben], "count", "8");
      const first = late.sent.find(({ type }) => type === "querySet");
      deepStrictEqual(first.add.map(({ tag }) => typeof tag), ["string", "string"]);
      strictEqual(late.heard.some((frame) => frame.includes('"title"')), false);
      deepStrictEqual(await late.page.evaluate(() => window["seen-titles"]), ["x,x,x"]);
      await late.page.click("#push");
      await shows([late, ada, ben], "titles", "x,x,x,x");
    }

    deepStrictEqual(complaints, []);
    return "two windows, one server that was killed";
  } finally {
    await server.stop().catch(() => {});
  }

  /** Opens a window of its own; `prepare` is given its page before it is loaded. */
  async function open(prepare) {
    const context = await browser.newContext();
    const page = await context.newPage();
    await prepare?.(page);
    const sent = [];
    const note = ({ payload }) => payload !== "ping" && sent.push(JSON.parse(payload));
    const heard = [];
    page.on("websocket", (socket) => {
      socket.on("framesent", note);
      socket.on("framereceived", ({ payload }) => heard.push(payload));
    });
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("console", (message) => {
      // A browser says itself that a server is away.
      const isOwn = !/WebSocket connection to|ERR_CONNECTION_REFUSED/.test(message.text());
      if (isOwn && ["error", "warning"].includes(message.type())) complaints.push(message.text());
    });
    await page.goto(server.origin);
    return { page, sent, heard };
  }
}

/** Notes each text that an element shows from now on. */
async function watch(page, id) {
  await page.evaluate(noteTexts, id);
  return () => page.evaluate((id) => window[`seen-${id}`], id);
}

/** Runs in the page. */
function noteTexts(id) {
  const seen = (window[`seen-${id}`] = []);
  const note = () => {
    const text = document.getElementById(id)?.textContent.trim();
    if (text !== undefined && text !== seen.at(-1)) seen.push(text);
  };
  new MutationObserver(note).observe(document, { subtree: true, childList: true, characterData: true });
}

async function until(isSo, what) {
  const deadline = performance.now() + WAIT_MS_MAX;
  while (!isSo()) {
    if (performance.now() > deadline) throw new Error(`waited ${WAIT_MS_MAX} ms for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function shows(pages, id, text) {
  for (const { page } of pages) {
    const shown = page.waitForFunction(
      ([id, text]) => document.getElementById(id)?.textContent.trim() === text,
      [id, text],
      { timeout: WAIT_MS_MAX },
    );
    await within(WAIT_MS_MAX + 1_000, `#${id} to show ${text}`, shown).catch(async (error) => {
      const present = await page.locator(`#${id}`).textContent().catch(() => "nothing");
      throw new Error(`#${id} shows ${present}, not ${text}: ${error.message}`);
    });
    strictEqual(await page.locator(`#${id}`).count(), 1);
  }
}
