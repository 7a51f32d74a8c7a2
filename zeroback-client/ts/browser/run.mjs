// The client in a real Chromium, on each host: what only a browser has, such as IndexedDB, Web Locks, tabs that are
// closed, and a page that has to be drawn.
//
//   node browser/run.mjs [CHAPTER…]
//
// A host that is not given is skipped, and said to be; see xtask/browser for how hosts and browser are named.

import { hosts } from "../../../xtask/browser/hosts.mjs";
import { runOn } from "../../../xtask/browser/run.mjs";
import { assets, buildPages } from "./build.mjs";
import * as accounts from "./chapters/accounts.mjs";
import * as cache from "./chapters/cache.mjs";
import * as list from "./chapters/list.mjs";
import * as outbox from "./chapters/outbox.mjs";
import * as restart from "./chapters/restart.mjs";
import * as storm from "./chapters/storm.mjs";
import * as strict from "./chapters/strict.mjs";
import * as tokens from "./chapters/tokens.mjs";
import { SETTINGS, Stage } from "./stage.mjs";

const chapters = { cache, outbox, restart, storm, tokens, accounts, list, strict };
const chosen = process.argv.slice(2);

await buildPages();
await runOn(hosts(process.env, assets, SETTINGS), tryHost);

/** Plays all chapters, also those behind one that fails. Returns how many scenes there were. */
async function tryHost(browser, host, data) {
  const stage = new Stage(browser, host, data);
  const failures = [];
  let count = 0;
  try {
    await stage.mend();
    for (const [name, chapter] of Object.entries(chapters)) {
      if (chosen.length > 0 && !chosen.includes(name)) continue;
      for (const [title, play] of Object.entries(chapter.scenes)) {
        count++;
        const { figures, failure } = await outcomeOf(stage, play);
        if (failure !== undefined) failures.push(`${name}: ${title}: ${failure}`);
        const outcome = failure === undefined ? figures : "FAILED";
        console.log(`  ${host.name}: ${name}: ${title}${outcome === undefined ? "" : ` (${outcome})`}`);
      }
    }
  } finally {
    await stage.end();
  }
  if (failures.length > 0) throw new Error(failures.join("\n\n"));
  return `${count} scenes`;
}

async function outcomeOf(stage, play) {
  try {
    return { figures: await play(stage) };
  } catch (error) {
    return { failure: `${error.stack ?? error}\nthe host:\n${stage.output.join("\n")}` };
  } finally {
    await stage.clear();
  }
}
