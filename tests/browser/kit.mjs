// What the browser's tests share: one Chromium, pages that are watched for every complaint, the sandbox's switches.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { after, afterEach, before, beforeEach } from "node:test";
import { chromium } from "playwright-core";

export const { SERVER, GUARDED, TOKEN, LEAVER, TOKENS, SANDBOX, PICTURE, SHOTS } = process.env;

let browser;
let contexts = [];
let complaints = [];
let servers = [];

/* To be called once by each test file. */
export function useBrowser() {
    before(async () => {
        const args = ["--disable-dev-shm-usage", ...process.getuid() === 0 ? ["--no-sandbox"] : []];
        browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args });
    });
    after(() => browser.close());
    beforeEach(() => {
        contexts = [];
        complaints = [];
        servers = [];
    });
    afterEach(async () => {
        await faults("");
        await Promise.all(servers.map((one) => one.stop()));
        await Promise.all(contexts.map((context) => context.close()));
        assert.deepEqual(complaints, [], "the page complained");
    });
}

/* A tab of its own. Whatever the console says is a failure, violations of the content security policy among it;
 * `expected` are texts of complaints that belong to the test, such as a refusal's status. */
export async function open(path = "", { expected = [], server = SERVER, ...options } = {}) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, ...options });
    contexts.push(context);
    const page = await context.newPage();
    page.setDefaultTimeout(60000);
    const complain = (text) => expected.some((part) => text.includes(part)) || complaints.push(text);
    page.on("console", (message) => ["error", "warning"].includes(message.type()) && complain(message.text()));
    page.on("pageerror", (error) => complain(String(error)));
    await page.goto(`${server}/${path}`);
    return page;
}

/* A server of the test's own, which can go away and come back at the same address. */
export async function serve(store) {
    const one = { url: "", child: null };
    one.start = async () => {
        const listen = one.url ? new URL(one.url).host : "127.0.0.1:0";
        one.child = spawn("timeout", ["600", process.env.GOLEM_VIDEO, "serve", "--listen", listen,
            "--store", `${process.env.WORK}/${store}`], { stdio: ["ignore", "pipe", "inherit"], detached: true });
        const [line] = await once(one.child.stdout, "data");
        one.url = /https?:[^ \n]+/.exec(String(line))[0];
    };
    one.stop = async () => {
        if (!one.child)
            return;
        const gone = once(one.child, "close");
        process.kill(-one.child.pid, "SIGKILL"); // timeout, and what it has started
        await gone;
        one.child = null;
    };
    servers.push(one);
    await one.start();
    return one;
}

/* As another program would; returns the job's id. */
export async function askByHttp(words) {
    const answer = await fetch(`${SERVER}/v1/videos`, {
        method: "POST", headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ prompt: words, model: "kling" }),
    });
    assert.equal(answer.status, 200);
    return (await answer.json()).id;
}

export async function faults(script) {
    const answer = await fetch(`${SANDBOX}/_sandbox/faults`, { method: "POST", body: script });
    assert.equal(answer.status, 200);
}

/* The creates that the sandbox has accepted, and would have billed. */
export async function ledger() {
    return (await (await fetch(`${SANDBOX}/_sandbox/ledger`)).json()).creates;
}
export const billed = async () => (await ledger()).length;

// ---- the page ----------------------------------------------------------------------------------------------------

export async function choose(page, provider, model) {
    await page.getByLabel("Provider").selectOption(provider);
    if (model)
        await page.getByLabel("Model").selectOption(model);
}

export const prompt = (page) => page.getByLabel("Prompt", { exact: true });
export const send = (page) => page.getByRole("button", { name: "Make this film" });
export const standing = (page, word) => page.locator("main .head .state", { hasText: word });
export const jobId = (page) => decodeURIComponent(/#\/jobs\/(.+)$/.exec(page.url())[1]);
export const row = (page, id) => page.locator(`#films a[href="#/jobs/${id}"]`);

/* Asks for the shortest film, with the provider's usual model unless one is named; returns its id. */
export async function ask(page, words, provider = "kling", model = undefined) {
    await page.goto(`${new URL(page.url()).origin}/#/new`);
    await prompt(page).waitFor();
    await choose(page, provider, model);
    await page.getByLabel("Length").selectOption({ index: 0 });
    await prompt(page).fill(words);
    await send(page).click();
    await page.waitForURL(/#\/jobs\//);
    return jobId(page);
}

/* The film really plays: frames of some size, and time that moves on. */
export async function plays(page) {
    const video = page.locator("main video");
    await video.waitFor();
    await video.evaluate((element) => {
        element.muted = true;
        return element.play();
    });
    await page.waitForFunction(() => document.querySelector("main video").currentTime > 0.2);
    return video.evaluate((element) => [element.videoWidth, element.videoHeight]);
}

export async function lookAt(page, name) {
    if (SHOTS)
        await page.screenshot({ path: `${SHOTS}/${name}.png`, fullPage: true });
}
