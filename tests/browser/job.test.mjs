// Films that do not simply succeed, and what can be done about them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, askByHttp, billed, faults, ledger, lookAt, open, plays, prompt, row, send, serve, standing, useBrowser }
    from "./kit.mjs";

useBrowser();

const confirm = (page, name) => page.getByRole("dialog").getByRole("button", { name }).click();

test("a failure is told in words, with what to do", async () => {
    const page = await open();
    await ask(page, "[fail: too many boats] a harbour");
    await standing(page, "Failed").waitFor();
    const trouble = page.locator(".trouble");
    await trouble.filter({ hasText: "too many boats" }).waitFor();
    await trouble.filter({ hasText: "does not charge" }).waitFor();
    await lookAt(page, "failed");
    await page.getByRole("button", { name: "Use this wish again" }).click();
    await prompt(page).waitFor();
    assert.equal(await prompt(page).inputValue(), "[fail: too many boats] a harbour");
});

test("cancelling says what it means before, and what came of it after", async () => {
    const page = await open();
    await faults("query:status:processing");
    await ask(page, "a boat that never leaves");
    await standing(page, "In progress").waitFor();
    await page.locator(".history li", { hasText: "has it as task" }).waitFor();
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("dialog").getByText("may be billed").waitFor();
    await lookAt(page, "cancelling");
    await confirm(page, "Let it go on");
    await standing(page, "In progress").waitFor();
    await page.getByRole("button", { name: "Cancel" }).click();
    await confirm(page, "Cancel the film");
    await standing(page, "Cancelled").waitFor();
    await page.locator(".warnings .notice, .trouble .notice").first().waitFor();
    assert.equal(await page.locator("main .notice", { hasText: "may be billed" }).count(), 1);
});

test("a create whose answer was lost waits for a person, and is sent again only when told", async () => {
    const page = await open();
    const before = await billed();
    await faults("create:drop*1");
    const id = await ask(page, "a boat in doubt", "runway");
    await standing(page, "Needs you").waitFor();
    await page.getByRole("heading", { name: "Nobody knows whether the provider took this" }).waitFor();
    await page.getByText("billed twice").waitFor();
    await row(page, id).getByText("Needs you").waitFor();
    await lookAt(page, "parked");
    assert.equal(await billed(), before + 1);
    await page.getByRole("button", { name: "Send it again" }).click();
    await page.getByRole("dialog").getByText("you pay for both").waitFor();
    await confirm(page, "Yes, do it");
    await standing(page, "Finished").waitFor();
    assert.equal(await billed(), before + 2);
    assert.equal(await page.locator(".doubt-box").count(), 0);
    await plays(page);
});

test("a task that the provider has after all is taken over, and not paid again", async () => {
    const page = await open();
    await faults("create:drop*1");
    await ask(page, "a boat that arrived", "runway");
    await standing(page, "Needs you").waitFor();
    const creates = await ledger();
    await page.getByLabel("The task's id").fill(creates.at(-1).id);
    await page.getByRole("button", { name: "Take it over" }).click();
    await standing(page, "Finished").waitFor();
    await plays(page);
    assert.equal(await billed(), creates.length);
});

test("a create whose answer was lost can be given up", async () => {
    const page = await open();
    await faults("create:drop*1");
    await ask(page, "a boat nobody wants", "runway");
    await page.getByRole("button", { name: "Give it up" }).click();
    await confirm(page, "Yes, do it");
    await standing(page, "Failed").waitFor();
});

test("a film made elsewhere appears, and a deleted one goes", async () => {
    const page = await open("", { expected: ["status of 404"] });
    const other = await open();
    await page.locator(".link-state[data-link=live]").waitFor();
    const id = await ask(other, "a boat from another tab");
    await row(page, id).getByText("Finished").waitFor();
    await row(page, id).click();
    await standing(page, "Finished").waitFor();
    await page.getByRole("button", { name: "Delete" }).click();
    await confirm(page, "Delete");
    await row(page, id).waitFor({ state: "detached" });
    await page.goto(`${new URL(page.url()).origin}/#/jobs/${id}`);
    await page.getByRole("heading", { name: "There is no such film" }).waitFor();
});

test("older films are loaded when asked for", async () => {
    const ids = [];
    for (let i = 0; i < 125; i++)
        ids.push(await askByHttp(`[fail: number ${i}] boats`));
    const page = await open("", { expected: ["net::ERR_INTERNET_DISCONNECTED"] });
    await row(page, ids[124]).waitFor();
    assert.equal(await row(page, ids[104]).count(), 0);
    const older = page.getByRole("button", { name: "Older films" });
    for (const next of [104, 84, 64, 44, 24]) {
        await older.click();
        await row(page, ids[next]).waitFor();
    }
    assert.equal(await older.evaluate((element) => element === document.activeElement), true);
    await page.locator(".link-state[data-link=live]").waitFor();
    await page.context().setOffline(true);
    await page.locator(".link-state[data-link=lost]").waitFor();
    const loaded = page.waitForResponse((answer) => answer.url().includes(`after=${ids[25]}`));
    await page.context().setOffline(false);
    await (await loaded).finished();
    await row(page, ids[5]).waitFor();
    await page.getByLabel("Show").selectOption("completed");
    await row(page, ids[124]).waitFor({ state: "detached" });
});

test("a lost connection is said, and what was missed comes in", async () => {
    const page = await open("", { expected: ["net::ERR_INTERNET_DISCONNECTED"] });
    const other = await open();
    await page.locator(".link-state[data-link=live]").waitFor();
    await page.context().setOffline(true);
    await page.locator(".link-state[data-link=lost]").waitFor();
    const id = await ask(other, "a boat while nobody looks");
    await standing(other, "Finished").waitFor();
    await page.context().setOffline(false);
    await row(page, id).getByText("Finished").waitFor();
});

test("a server that goes away and comes back is followed", async () => {
    const server = await serve("restless");
    const page = await open("", { server: server.url, expected: ["net::ERR_"] });
    const live = page.locator(".link-state[data-link=live]");
    await live.waitFor();
    await faults("query:status:processing");
    const id = await ask(page, "a boat that outlasts its server");
    await page.locator(".history li", { hasText: "has it as task" }).waitFor();
    await server.stop();
    await page.locator(".link-state[data-link=lost]").waitFor();
    await page.getByRole("button", { name: "Cancel" }).click();
    await confirm(page, "Cancel the film");
    await page.getByRole("alert").filter({ hasText: "did not answer" }).waitFor();

    await page.goto(`${server.url}/#/new`);
    await prompt(page).fill("a boat that waits");
    await send(page).click();
    await page.locator(".trouble", { hasText: "Sending it again is safe" }).waitFor();
    await row(page, id).click();
    await standing(page, "In progress").waitFor(); // what is known of it stays
    await lookAt(page, "away");

    await faults("");
    await server.start();
    await live.waitFor();
    await standing(page, "Finished").waitFor();
    await plays(page);
    await page.goto(`${server.url}/#/new`);
    assert.equal(await prompt(page).inputValue(), "a boat that waits");
    await send(page).click();
    await standing(page, "Finished").waitFor();
});

test("a tab that nobody looks at gives its connection back, and catches up when it is seen", async () => {
    const page = await open("", { expected: ["net::ERR_ABORTED"] });
    const turn = (hidden) => page.evaluate((value) => {
        Object.defineProperty(document, "hidden", { value, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
    }, hidden);
    await page.locator(".link-state[data-link=live]").waitFor();
    const closed = page.waitForEvent("requestfailed", (request) => request.url().endsWith("/events"));
    await turn(true);
    await closed;
    const id = await askByHttp("[fail: unseen] boats");
    await turn(false);
    await row(page, id).getByText("Failed").waitFor();
    await page.locator(".link-state[data-link=live]").waitFor();
});
