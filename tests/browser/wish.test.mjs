// From a wish to a playing film, and everything that must not make two of it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { ask, billed, choose, faults, jobId, lookAt, open, PICTURE, plays, prompt, row, send, standing, useBrowser }
    from "./kit.mjs";

useBrowser();

/* As a hand would: the picture is let go over the element, or pasted while it has the focus. */
async function give(page, selector, event) {
    const bytes = readFileSync(PICTURE).toString("base64");
    await page.locator(selector).evaluate((element, [text, kind]) => {
        const data = new DataTransfer();
        const content = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
        data.items.add(new File([content], "picture.png", { type: "image/png" }));
        element.dispatchEvent(kind === "paste" ? new ClipboardEvent(kind, { clipboardData: data, bubbles: true })
            : new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true }));
    }, [bytes, event]);
}

test("a text becomes a film that plays", async () => {
    const page = await open();
    await prompt(page).fill("a paper boat on a rainy street");
    await page.locator(".quote[data-state=found] .price", { hasText: /^\$0\.\d+/ }).waitFor();
    await page.getByText("What would be sent").click();
    await page.locator(".sent pre", { hasText: "a paper boat" }).waitFor();
    const before = await billed();
    await send(page).click();
    await standing(page, "Finished").waitFor();
    assert.deepEqual(await plays(page), [1280, 720]);
    assert.equal(await billed(), before + 1);
    await page.locator(".history li", { hasText: "accepted" }).waitFor();
    await page.locator(".history li", { hasText: "succeeded" }).waitFor();
    await row(page, jobId(page)).locator("img").waitFor();
    assert.equal(await page.getByRole("link", { name: "Download" }).getAttribute("download"), `${jobId(page)}.mp4`);
    await lookAt(page, "finished");
});

test("a dropped picture is sent, and a pasted one too", async () => {
    const page = await open();
    await prompt(page).fill("slow zoom");
    await give(page, "[data-name=first] .zone", "drop");
    await page.locator("[data-name=first] .files img").waitFor();
    await give(page, "#prompt", "paste");
    await page.locator("[data-name=last] .files img").waitFor();
    await page.locator(".quote[data-state=found]").waitFor();
    await lookAt(page, "pictures");
    await send(page).click();
    await standing(page, "Finished").waitFor();
    await plays(page);
    await page.getByText("What was asked").click();
    const asked = JSON.parse(await page.locator(".request pre").textContent());
    assert.equal(asked.input.image.prompt, "slow zoom");
    assert.ok(asked.config.lastframe);
});

test("controls are those that the model takes", async () => {
    const page = await open();
    await choose(page, "kling", "kling-v3");
    assert.deepEqual(await page.getByLabel("Length").locator("option").allTextContents(),
        Array.from({ length: 13 }, (_, i) => `${i + 3} s`));
    await page.getByRole("group", { name: "Sound" }).waitFor();
    await choose(page, "kling", "kling-v2-5-turbo");
    assert.equal(await page.getByRole("group", { name: "Sound" }).count(), 0);
    await choose(page, "runway", "gen4.5");
    assert.equal(await page.getByText("Last picture").count(), 0);
    await page.getByText("Advanced").click();
    await page.getByLabel("Seed").waitFor();
    assert.equal(await page.getByLabel("Negative prompt").count(), 0);
    await page.locator(".operations span", { hasText: "Upscale" }).click();
    assert.deepEqual(await page.getByLabel("Provider").locator("option").allTextContents(), ["Runway"]);
});

/* The body that would be sent, once what is in the form has been checked. */
async function sent(page) {
    await page.locator(".quote[data-state=found]").waitFor();
    return page.locator(".sent pre").textContent();
}

test("other operations send what they need, and nothing that is no longer shown", async () => {
    const page = await open("", { expected: ["status of 400"] });
    const id = await ask(page, "a film to go on from");
    await standing(page, "Finished").waitFor();

    await page.getByRole("button", { name: "Extend" }).click();
    assert.equal(await page.getByLabel("Finished film").inputValue(), id);
    await page.getByLabel("What happens next").fill("it sinks");
    await page.locator(".sent pre", { hasText: "it sinks" }).waitFor({ state: "attached" });
    await page.goBack();

    await page.getByRole("button", { name: "Lip-sync" }).click();
    await page.getByLabel("What is said").fill("Ahoy there");
    await page.locator(".sent pre", { hasText: "Ahoy there" }).waitFor({ state: "attached" });
    assert.ok(!(await sent(page)).includes("it sinks"));
    await page.goBack();

    await page.getByRole("button", { name: "Upscale" }).click();
    await page.locator(".files video").waitFor();
    assert.match(await sent(page), /video\/mp4/);
    assert.match(await page.locator(".price").textContent(), /^\$\d/);

    const operation = (name) => page.locator(".operations span", { hasText: new RegExp(`^${name}$`) }).click();
    await operation("Effect");
    await page.locator("#effect").selectOption("dual.hug");
    await page.locator("#picture").setInputFiles(PICTURE);
    await page.locator("#second").setInputFiles(PICTURE);
    await page.locator(".sent pre", { hasText: "hug" }).waitFor({ state: "attached" });

    await operation("From pictures");
    await choose(page, "runway", "seedance2");
    await page.locator("#images").setInputFiles([PICTURE, PICTURE]);
    await page.getByLabel("Prompt", { exact: true }).fill("they meet");
    await page.locator(".sent pre", { hasText: "they meet" }).waitFor({ state: "attached" });
    assert.equal((await sent(page)).split("data:image/png").length, 3);
    assert.ok(!(await sent(page)).includes("video/mp4"));

    await operation("Film");
    await choose(page, "runway", "seedance2");
    await page.locator("[data-name=film]").getByRole("button", { name: /^Remove/ }).click();
    await page.locator("#last").setInputFiles(PICTURE);
    await page.locator(".sent pre", { hasText: /"position": "last"/ }).waitFor({ state: "attached" });
});

test("a form in which nothing was filled in is not complained about", async () => {
    const page = await open();
    await prompt(page).waitFor();
    await page.getByLabel("Length").selectOption({ index: 0 });
    assert.equal(await page.locator(".quote").getAttribute("data-state"), "idle", "a length");
    for (const name of ["From pictures", "Extend", "Upscale", "Effect", "Lip-sync"]) {
        await page.locator(".operations span", { hasText: new RegExp(`^${name}$`) }).click();
        if (name === "Lip-sync")
            await page.locator("#voice_id option").first().waitFor({ state: "attached" });
        assert.equal(await page.locator(".quote").getAttribute("data-state"), "idle", name);
    }
});

test("a film is remixed where its model takes films", async () => {
    const page = await open();
    const id = await ask(page, "a film to be changed", "runway", "seedance2");
    await standing(page, "Finished").waitFor();
    await page.getByRole("button", { name: "Remix" }).click();
    await page.getByRole("dialog").getByLabel("Prompt").fill("the same at night");
    await page.getByRole("button", { name: "Remix it" }).click();
    await page.waitForURL((url) => url.hash.startsWith("#/jobs/") && !url.hash.endsWith(id));
    await standing(page, "Finished").waitFor();
    await plays(page);
    await page.getByRole("link", { name: id }).waitFor();
});

test("what is refused is said at its field, and nothing is sent", async () => {
    const page = await open("", { expected: ["status of 400"] });
    const before = await billed();
    await choose(page, "kling", "kling-v2-6");
    await prompt(page).fill("a boat");
    await page.getByText("Advanced").click();
    await page.getByLabel("Options of Kling AI").selectOption("multi_prompt");
    await page.getByLabel("multi_prompt", { exact: true }).fill("no JSON");
    const error = page.locator("[data-names~='provider_options.multi_prompt'] .error");
    await error.waitFor();
    assert.match(await error.textContent(), /multi_prompt/);
    await send(page).click();
    await error.waitFor();
    assert.equal(await page.locator("#option-multi_prompt").getAttribute("aria-invalid"), "true");
    await lookAt(page, "refused");
    await page.getByRole("button", { name: "Remove multi_prompt" }).click();
    await page.locator(".quote[data-state=found]").waitFor();

    await prompt(page).fill("");
    await send(page).click();
    await page.locator("[data-name=prompt] .error").waitFor();
    assert.equal(await prompt(page).evaluate((element) => element === document.activeElement), true);
    assert.equal(await billed(), before);
});

test("a double click makes one film", async () => {
    const page = await open();
    const before = await billed();
    let sends = 0;
    page.on("request", (request) => {
        sends += request.method() === "POST" && request.url().endsWith("/v1/videos");
    });
    await prompt(page).fill("one boat");
    await send(page).dblclick();
    await standing(page, "Finished").waitFor();
    assert.equal(await billed(), before + 1);
    assert.equal(sends, 1);
});

/* Creates arrive, and their answers are lost, until page.unrouteAll(). */
async function loseAnswers(page) {
    await page.route("**/v1/videos", async (route) => {
        if (route.request().method() !== "POST")
            return route.continue();
        await route.fetch();
        return route.abort();
    });
}

test("answers that never came, a second try, a reload, and still one film", async () => {
    const page = await open("", { expected: ["net::ERR_FAILED"] });
    const before = await billed();
    await loseAnswers(page);
    await prompt(page).fill("a boat in the fog");
    for (let i = 0; i < 2; i++) {
        const lost = page.waitForEvent("requestfailed");
        await send(page).click();
        await lost;
        await page.locator(".trouble", { hasText: "Sending it again is safe" }).waitFor();
        await send(page).and(page.locator("[aria-disabled=false]")).waitFor();
    }
    await page.unrouteAll();
    await page.reload();
    await page.waitForURL(/#\/jobs\//);
    await standing(page, "Finished").waitFor();
    assert.equal(await billed(), before + 1);
    assert.equal(await page.evaluate(() => sessionStorage.getItem("golem-video.pending")), null);
});

test("an answer that is lost while another view is shown is told when the form is back", async () => {
    const page = await open("", { expected: ["net::ERR_FAILED", "status of 404"] });
    let release;
    const held = new Promise((resolve) => {
        release = resolve;
    });
    await page.route("**/v1/videos", async (route) => {
        await held;
        await route.abort();
    });
    await prompt(page).fill("a boat out of sight");
    await send(page).click();
    await page.evaluate(() => {
        location.hash = "#/jobs/none";
    });
    await page.getByRole("heading", { name: "There is no such film" }).waitFor();
    const lost = page.waitForEvent("requestfailed");
    release();
    await lost;
    await page.locator("#announcer", { hasText: "did not answer" }).waitFor({ state: "attached" });
    await page.evaluate(() => {
        location.hash = "#/new";
    });
    await page.locator(".trouble", { hasText: "Sending it again is safe" }).waitFor();
    assert.equal(await prompt(page).inputValue(), "a boat out of sight");
});

test("a wish with a picture, interrupted by a reload, is sent again under its key", async () => {
    const page = await open("", { expected: ["net::ERR_FAILED"] });
    const before = await billed();
    await loseAnswers(page);
    await prompt(page).fill("slow zoom into the fog");
    await page.locator("#first").setInputFiles(PICTURE);
    await send(page).click();
    await page.locator(".trouble", { hasText: "Sending it again is safe" }).waitFor();
    await page.unrouteAll();
    await page.reload();
    await page.locator(".notice", { hasText: "attach first.png again" }).waitFor();
    assert.equal(await prompt(page).inputValue(), "slow zoom into the fog");
    await page.locator("#first").setInputFiles(PICTURE);
    await send(page).click();
    await standing(page, "Finished").waitFor();
    assert.equal(await billed(), before + 1);
});

test("a reload keeps what was typed and what is watched", async () => {
    const page = await open();
    await choose(page, "runway");
    await prompt(page).fill("half a thought");
    await page.reload();
    await prompt(page).waitFor();
    assert.equal(await prompt(page).inputValue(), "half a thought");
    assert.equal(await page.getByLabel("Provider").inputValue(), "runway");

    await faults("query:status:processing");
    await ask(page, "a slow boat");
    await standing(page, "In progress").waitFor();
    await page.reload();
    await standing(page, "In progress").waitFor();
    await faults("");
    await standing(page, "Finished").waitFor();
    const lines = await page.locator(".history li time").evaluateAll((all) => all.map((one) => one.dateTime));
    assert.deepEqual(lines, [...lines].sort());
    assert.equal(await page.locator(".history li", { hasText: "accepted" }).count(), 1);
});
