// Accounts of the app's own: the session is a cookie, which only a browser has.

import assert from "node:assert/strict";
import { until } from "../stage.mjs";

const form = { email: "ann@example.org", password: "correct horse battery" };

const who = (tab) => tab.page.evaluate(() => notes.client.query(notes.api.identity.who));

/** The server's name for whoever the page was last told that it is. */
function identityOf(tab) {
  const named = tab.received.map((frame) => (frame.startsWith("{") ? JSON.parse(frame) : {})).filter(({ type }) => type === "connected");
  return named.at(-1)?.identity;
}

export const scenes = {
  async "who signs up is here in all tabs by a cookie that no page reads, and who signs out leaves nothing"(stage) {
    const list = stage.list();
    const person = await stage.person();
    const open = () => person.tab("notes", { list, offline: 1, isOwn: 1 });
    const tab = await open();
    await tab.connected();
    assert.equal(await who(tab), null);
    const { user } = await tab.page.evaluate((form) => notes.client.auth.signUp(form), form);
    await until("the page to be hers", () => who(tab), (subject) => subject === user.id);
    assert.equal(await tab.page.evaluate(() => document.cookie), "");
    const other = await open();
    await other.connected();
    assert.equal(await who(other), user.id);
    const identity = identityOf(other);
    assert.equal(identityOf(tab), identity);
    await tab.add(["hers"]);
    assert.deepEqual(await tab.settled(), { hers: "made" });
    const isHers = (entry) => entry.includes(JSON.stringify(identity));
    await until("something of hers to be kept", () => tab.kept(), (entries) => entries.some(isHers));

    await tab.page.evaluate(() => notes.client.auth.signOut());
    for (const each of [tab, other]) await until("the page to be nobody's", () => who(each), (subject) => subject === null);
    await until("nothing of hers to be kept", () => tab.kept(), (entries) => !entries.some(isHers));
    await tab.add(["nobody's"]);
    assert.equal((await tab.settled())["nobody's"], "unauthenticated");

    await tab.page.reload();
    await tab.connected();
    assert.equal(await who(tab), null);
    await tab.page.evaluate((form) => notes.client.auth.signIn(form), form);
    await until("the page to be hers again", () => who(tab), (subject) => subject === user.id);
    assert.equal(await stage.call("query", "identity:count", { list }), 1);
    for (const { complaints } of [tab, other]) assert.deepEqual(complaints, []);
  },
};
