// The built page in a real Chromium, in two windows, on each host: what one window does the other
// shows, and both survive that the server goes away and comes back.
//
// A host that is not given is skipped, and said to be. Screenshots go to target/artifacts/browser.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { hosts, start } from "../../../../xtask/browser/hosts.mjs";
import { runOn } from "../../../../xtask/browser/run.mjs";

const web = resolve(import.meta.dirname, "..");
const assets = join(web, "dist");
const artifacts = resolve(web, "../../../target/artifacts/browser");

/** How long a change may take from one window to the other. */
const CROSSING_MS_MAX = 1_000;
/** How long the page may take to find a server again that is back: the client's longest wait, and some. */
const RETURN_MS_MAX = 20_000;

async function main() {
  if (!existsSync(join(assets, "index.html"))) throw new Error(`the page is not built: ${assets} has no index.html`);
  await mkdir(artifacts, { recursive: true });
  await runOn(hosts(process.env, assets), tryHost);
}

/** The whole story, on one host. Returns figures for the report. */
async function tryHost(browser, host, data) {
  let server = await start(host, data);
  const windows = [];
  try {
    const ann = await openWindow(browser, server.origin, { colorScheme: "light" });
    windows.push(ann);
    const bob = await openWindow(browser, server.origin, { colorScheme: "dark" });
    windows.push(bob);
    const shot = (window, name) => photograph(window, `${host.name}-${name}`);

    await step("both windows are live, and empty", async () => {
      for (const window of windows) {
        await window.state("connected");
        await window.id("no-projects").waitFor();
      }
      await shot(ann, "empty-light");
    });

    await step("a project made in one window can be opened in the other", async () => {
      await ann.write("new-project", "Moving house");
      await ann.id("project-name").getByText("Moving house").waitFor();
      await bob.id("project").filter({ hasText: "Moving house" }).click();
      await bob.id("no-tasks").waitFor();
    });

    let crossingMs;
    await step("a task added in one window is in the other within a second", async () => {
      await ann.write("new-task", "Measure the doors");
      await ann.task("Measure the doors").waitFor();
      crossingMs = await crossing(ann, bob, "Ask three movers for a price");
    });

    await step("what is ticked, renamed and deleted in one window is so in the other", async () => {
      await ann.write("new-task", "Cancel the papr");
      await bob.task("Cancel the papr").dblclick();
      await bob.write("edit", "Cancel the newspaper");
      await ann.task("Cancel the newspaper").waitFor();

      await bob.task("Measure the doors").getByTestId("toggle").click();
      await ann.page.locator('[data-testid=task][data-done=true]', { hasText: "Measure the doors" }).waitFor();
      await ann.id("count-open").getByText("2", { exact: true }).waitFor();
      await ann.id("count-done").getByText("1", { exact: true }).waitFor();

      await bob.write("new-task", "A mistake");
      await ann.task("A mistake").hover();
      await ann.task("A mistake").getByTestId("remove").click();
      await bob.task("A mistake").waitFor({ state: "detached" });
    });

    await step("the filter shows what it says, and follows changes of the other window", async () => {
      await ann.id("filter-open").click();
      await ann.task("Measure the doors").waitFor({ state: "detached" });
      await bob.task("Cancel the newspaper").getByTestId("toggle").click();
      await ann.task("Cancel the newspaper").waitFor({ state: "detached" });
      await ann.id("filter-all").click();
      await ann.task("Cancel the newspaper").waitFor();
    });

    await step("a board of more than a handful", async () => {
      for (const name of ["Release 1.4", "Allotment"]) await bob.write("new-project", name);
      await ann.id("project").nth(2).waitFor();
      for (const text of [
        "Book the lift for Saturday morning",
        "Pack the books: heavy ones in small boxes, no more than one person can carry up two flights of stairs",
        "Tell the bank, the school and the library",
        "Defrost the freezer",
      ]) {
        await ann.write("new-task", text);
        await ann.task(text).waitFor();
      }
      await bob.id("project").filter({ hasText: "Moving house" }).click();
      await bob.task("Defrost the freezer").waitFor();
      await shot(ann, "board-light");
      await shot(bob, "board-dark");
      await photographPhone(browser, server.origin, host.name);
    });

    await step("both windows see the server go", async () => {
      for (const window of windows) window.expectsRefusals = true;
      await server.stop();
      for (const window of windows) await window.lost();
      await ann.task("Defrost the freezer").waitFor();
      await ann.write("new-task", "Thought of while the line was dead");
      await ann.id("waiting").getByText("Thought of while the line was dead").waitFor();
      await shot(ann, "lost-light");
      await shot(bob, "lost-dark");
    });

    let returnMs;
    await step("both windows are live again when it is back, with the old data", async () => {
      const backAt = performance.now();
      server = await start(host, data, server.port);
      for (const window of windows) await window.state("connected", RETURN_MS_MAX);
      returnMs = performance.now() - backAt;
      for (const window of windows) {
        window.expectsRefusals = false;
        await window.task("Measure the doors").waitFor();
        await window.task("Thought of while the line was dead").waitFor();
      }
      crossingMs = Math.max(crossingMs, await crossing(bob, ann, "Hand over the keys"));
      crossingMs = Math.max(crossingMs, await crossing(ann, bob, "Sleep"));
      await ann.page.reload();
      await ann.task("Hand over the keys").waitFor();
      assert.equal(await ann.id("task").count(), 10);
      assert.equal(await ann.task("Thought of while the line was dead").count(), 1);
      await shot(ann, "again-light");
    });

    await step("a deleted project is gone in both windows", async () => {
      await ann.id("remove-project").click();
      await shot(ann, "dialog-light");
      await ann.id("confirm-remove").click();
      for (const window of windows) {
        await window.id("project").filter({ hasText: "Moving house" }).waitFor({ state: "detached" });
        await window.id("project-name").getByText("Release 1.4").waitFor();
      }
    });

    for (const window of windows) assert.deepEqual(window.complaints, []);
    return `slowest crossing ${Math.round(crossingMs)} ms, back ${Math.round(returnMs)} ms after the restart began`;
  } catch (error) {
    for (const [index, { page }] of windows.entries()) {
      await photograph({ page }, `${host.name}-failure-${index}`).catch(() => {});
    }
    const complaints = windows.flatMap(({ complaints }) => complaints);
    error.stack += `\nthe windows: ${complaints.join("\n") || "no complaints"}\nthe host:\n${server.output.slice(-20).join("\n")}`;
    throw error;
  } finally {
    for (const { page } of windows) await page.context().close();
    await server.stop().catch(() => {});
  }

  async function step(name, body) {
    try {
      await body();
      console.log(`  ${host.name}: ${name}`);
    } catch (error) {
      error.stack = `${name}: ${error.stack}`;
      throw error;
    }
  }
}

/** Adds a task in one window, and returns how many milliseconds later the other shows it. */
async function crossing(from, to, text) {
  const arrived = to.task(text).waitFor({ timeout: 5_000 });
  await from.id("new-task").fill(text);
  const sentAt = performance.now();
  await from.id("new-task").press("Enter");
  await arrived;
  const tookMs = performance.now() - sentAt;
  assert.ok(tookMs <= CROSSING_MS_MAX, `“${text}” took ${Math.round(tookMs)} ms from one window to the other`);
  return tookMs;
}

/** A window of its own: no cookies, cache or storage are shared. */
async function openWindow(browser, origin, options) {
  const context = await browser.newContext({ viewport: { width: 1180, height: 760 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  const window = {
    page,
    complaints: [],
    expectsRefusals: false,
    id: (testId) => page.getByTestId(testId),
    task: (text) => page.getByTestId("task").filter({ hasText: text }),
    async write(testId, text) {
      await page.getByTestId(testId).fill(text);
      await page.getByTestId(testId).press("Enter");
    },
    state: (state, timeout = 10_000) =>
      page.locator(`[data-testid=connection][data-state=${state}]`).waitFor({ timeout }),
    lost: () => page.locator("[data-testid=connection]:not([data-state=connected])").waitFor(),
  };
  page.on("pageerror", (error) => window.complaints.push(`uncaught: ${error.stack ?? error}`));
  page.on("console", (message) => {
    if (!["error", "warning"].includes(message.type())) return;
    const isRefusal = /WebSocket connection to .* failed/.test(message.text());
    if (!(isRefusal && window.expectsRefusals)) window.complaints.push(`${message.type()}: ${message.text()}`);
  });
  await page.goto(origin);
  return window;
}

async function photographPhone(browser, origin, hostName) {
  for (const colorScheme of ["light", "dark"]) {
    const phone = await openWindow(browser, origin, {
      ...{ colorScheme, viewport: { width: 390, height: 780 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true },
    });
    const shot = (name) => photograph(phone, `${hostName}-phone-${name}-${colorScheme}`);
    await phone.state("connected");
    await phone.id("project").nth(2).waitFor();
    await shot("projects");
    await phone.id("project").filter({ hasText: "Moving house" }).tap();
    await phone.task("Defrost the freezer").waitFor();
    const overflow = await phone.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.equal(overflow, 0, "the phone's page can be scrolled sideways");
    await shot("board");
    await phone.task("Defrost the freezer").getByTestId("task-text").tap();
    await phone.write("edit", "Defrost the freezer");
    assert.deepEqual(phone.complaints, []);
    await phone.page.context().close();
  }
}

/** Keeps a picture of a window as it is when everything in it has come to rest. */
function photograph({ page }, name) {
  return page.screenshot({ path: join(artifacts, `${name}.png`), animations: "disabled" });
}

await main();
