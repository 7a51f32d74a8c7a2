// Runs a browser's story on each host, and tells for each whether it passed, failed or was skipped, and why.
//
//   CHROME_BIN  the browser; without it one is looked for on the PATH

import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

/** `tryHost(browser, host, data)` tells the story in a folder of data of its own, and returns figures for the report. */
export async function runOn(hosts, tryHost) {
  const executablePath = findBrowser();
  if (executablePath === undefined) {
    const reason = "no Chromium on the PATH, and none named by CHROME_BIN";
    return report(hosts.map(({ name }) => ({ host: name, status: "skipped", reason })));
  }
  const browser = await chromium.launch({
    executablePath,
    args: [
      ...["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
      ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
    ],
  });
  const outcomes = [];
  try {
    for (const host of hosts) outcomes.push({ host: host.name, ...(await outcomeOf(browser, host, tryHost)) });
  } finally {
    await browser.close();
  }
  report(outcomes);
}

async function outcomeOf(browser, host, tryHost) {
  if (host.skipped !== undefined) return { status: "skipped", reason: host.skipped };
  const data = await mkdtemp(join(tmpdir(), `zeroback-browser-${host.name}-`));
  const startedAt = performance.now();
  try {
    const figures = await tryHost(browser, host, data);
    return { status: "passed", reason: `${figures}; ${Math.round(performance.now() - startedAt)} ms in all` };
  } catch (error) {
    return { status: "failed", reason: error.stack ?? String(error) };
  } finally {
    await rm(data, { recursive: true, force: true });
  }
}

function findBrowser() {
  if (process.env.CHROME_BIN) return process.env.CHROME_BIN;
  for (const name of ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]) {
    try {
      return execFileSync("which", [name], { encoding: "utf8" }).trim();
    } catch {
      // The next one.
    }
  }
  return undefined;
}

function report(outcomes) {
  for (const { host, status, reason } of outcomes) console.log(`browser on ${host}: ${status} (${reason})`);
  const count = (wanted) => outcomes.filter(({ status }) => status === wanted).length;
  console.log(`${count("passed")} passed, ${count("failed")} failed, ${count("skipped")} skipped`);
  process.exitCode = count("failed") > 0 ? 1 : 0;
}
