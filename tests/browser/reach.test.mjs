// Who can use the page: with a token, by keyboard, in the dark, on a phone.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import {
    ask, askByHttp, faults, GUARDED, LEAVER, lookAt, open, plays, prompt, send, SERVER, standing, TOKEN, TOKENS,
    useBrowser,
} from "./kit.mjs";

useBrowser();

test("a server with tokens asks for one, and keeps it in this tab only", async () => {
    const page = await open("", { server: GUARDED, expected: ["status of 401"] });
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Token").fill("not the token");
    await dialog.getByRole("button", { name: "Use it" }).click();
    await dialog.getByText("did not take this token").waitFor();
    await lookAt(page, "token");
    await dialog.getByLabel("Token").fill(TOKEN);
    await dialog.getByRole("button", { name: "Use it" }).click();
    await page.locator(".link-state[data-link=live]").waitFor();
    await ask(page, "a guarded boat");
    await standing(page, "Finished").waitFor();
    await plays(page);
    assert.equal(await page.evaluate(() => localStorage.length), 0);
    const urls = await page.evaluate(() => performance.getEntriesByType("resource").map(({ name }) => name));
    assert.ok(urls.length > 0 && !urls.some((url) => url.includes(TOKEN)));
    await page.reload();
    await standing(page, "Finished").waitFor();
    await page.getByRole("button", { name: "Forget token" }).click();
    await dialog.waitFor();
    assert.equal(await page.evaluate(() => sessionStorage.getItem("golem-video.token")), null);
});

test("a token that is taken away ends what is shown by it", async () => {
    const page = await open("", { server: GUARDED, expected: ["status of 401"] });
    const dialog = page.getByRole("dialog");
    const give = async (text) => {
        await dialog.getByLabel("Token").fill(text);
        await dialog.getByRole("button", { name: "Use it" }).click();
    };
    await give(LEAVER);
    await page.locator(".link-state[data-link=live]").waitFor();
    const others = readFileSync(TOKENS, "utf8").split("\n").filter((line) => !line.startsWith("leaver "));
    writeFileSync(TOKENS, others.join("\n"));
    await dialog.getByText("did not take this token").waitFor();
    await dialog.getByRole("button", { name: "Not now" }).click();
    await page.locator(".link-state", { hasText: "Locked" }).waitFor();
    assert.equal(await page.getByRole("button", { name: "Forget token" }).isVisible(), false);
    await page.reload();
    await dialog.waitFor();
    await page.keyboard.press("Escape");
    await page.locator("#films", { hasText: "wants a token" }).waitFor();
    await lookAt(page, "locked");
    await page.locator("#films").getByRole("button", { name: "Give a token" }).click();
    await give(TOKEN);
    await page.locator(".link-state[data-link=live]").waitFor();
});

test("prompts of any length and in any script", async () => {
    const arabic = "سفينة ورقية تبحر في شارع ممطر، تُرى من الأسفل. ".repeat(40);
    const prompts = [arabic, "A boat \u{1f6a4} and \u{1f469}\u200d\u{1f467} on it. ".repeat(60), "boat".repeat(600)];
    for (const viewport of [{ width: 360, height: 740 }, { width: 1280, height: 860 }]) {
        const page = await open("", { viewport });
        const fits = async (what) => assert.ok(await page.evaluate(() => document.documentElement.scrollWidth)
            <= viewport.width, `${what} is wider than ${viewport.width} pixels`);
        for (const text of prompts) {
            await page.goto(`${SERVER}/#/new`);
            await prompt(page).fill(text);
            assert.equal(await prompt(page).evaluate((element) => getComputedStyle(element).direction),
                text === arabic ? "rtl" : "ltr");
            await fits("the wish");
            const id = await askByHttp(text);
            await page.goto(`${SERVER}/#/jobs/${id}`);
            await page.getByText("The whole prompt").click();
            const whole = page.locator(".job-side .prompt p");
            assert.equal(await whole.textContent(), text);
            assert.equal(await whole.evaluate((element) => getComputedStyle(element).direction),
                text === arabic ? "rtl" : "ltr");
            await fits("the film");
            await lookAt(page, `prompt-${viewport.width}-${prompts.indexOf(text)}`);
            await page.goto(`${SERVER}/#/`);
            await fits("the list");
        }
    }
});

/* Tab until the element has the focus; each stop on the way must be seen to have it. */
async function tabTo(page, locator) {
    for (let i = 0; i < 60; i++) {
        await page.keyboard.press("Tab");
        const visible = await page.evaluate(() => {
            const element = document.activeElement;
            const shown = [element, element.nextElementSibling, element.closest(".zone"), element.closest("video")];
            return element === document.body || element.matches("video, pre")
                || shown.some((one) => one && getComputedStyle(one).outlineStyle !== "none");
        });
        assert.ok(visible, `no visible focus: ${await page.evaluate(() => document.activeElement.outerHTML)}`);
        if (await locator.evaluate((element) => element === document.activeElement).catch(() => false))
            return;
    }
    assert.fail("not reachable by keyboard");
}

test("everything by keyboard", async () => {
    const page = await open();
    await prompt(page).waitFor();
    const focused = () => page.evaluate(() => document.activeElement.value);
    await tabTo(page, page.getByRole("radio", { name: "Film" }));
    await page.keyboard.press("ArrowRight");
    await page.getByText("Pictures", { exact: true }).waitFor();
    assert.equal(await focused(), "multi_image_generation");
    await page.keyboard.press("ArrowLeft");
    await page.getByText("First picture").waitFor();
    await tabTo(page, page.getByLabel("Provider"));
    await page.keyboard.press("ArrowDown");
    assert.equal(await focused(), "runway");
    await page.keyboard.press("ArrowUp");
    assert.equal(await focused(), "kling");
    await tabTo(page, prompt(page));
    await page.keyboard.type("a boat made of keys");
    await tabTo(page, page.getByRole("radio", { name: "Auto" }).first());
    await page.keyboard.press("ArrowRight");
    await page.locator(".quote[data-state=found]").waitFor();
    await tabTo(page, send(page));
    await page.keyboard.press("Enter");
    await standing(page, "Finished").waitFor();
    await page.getByText("What was asked").waitFor();
    await tabTo(page, page.getByRole("button", { name: "Delete" }));
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.textContent), "Keep it");
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    assert.equal(await page.evaluate(() => document.activeElement.textContent), "Delete");
});

test("what is chosen can be told in colours of the user's own", async () => {
    const page = await open("#/new", { forcedColors: "active" });
    await page.locator(".quote").waitFor();
    for (const group of [".operations", ".segments"]) {
        const colour = (which) => page.locator(`${group} ${which} + span`).first()
            .evaluate((element) => getComputedStyle(element).backgroundColor);
        assert.notEqual(await colour(":checked"), await colour(":not(:checked)"), group);
    }
});

test("nothing moves by itself where that is not wanted", async () => {
    const page = await open();
    const moving = () => page.evaluate(() => document.getAnimations().length);
    await faults("query:status:processing");
    await ask(page, "a boat at rest");
    await page.locator("main progress").waitFor();
    assert.ok(await moving() > 0);
    await page.emulateMedia({ reducedMotion: "reduce" });
    assert.equal(await moving(), 0);
});

/* Texts whose contrast with what lies behind them is below what WCAG's AA asks for. */
function faint() {
    const channel = (value) => value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
    const rgba = (colour) => {
        canvas.clearRect(0, 0, 1, 1);
        canvas.fillStyle = colour;
        canvas.fillRect(0, 0, 1, 1);
        return [...canvas.getImageData(0, 0, 1, 1).data];
    };
    const light = ([r, g, b]) => 0.2126 * channel(r / 255) + 0.7152 * channel(g / 255) + 0.0722 * channel(b / 255);
    const behind = (element) => {
        for (let one = element; one; one = one.parentElement) {
            const colour = rgba(getComputedStyle(one).backgroundColor);
            if (colour[3] > 0)
                return colour;
        }
        return rgba("white");
    };
    const found = [];
    for (const element of document.querySelectorAll("body *")) {
        const text = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
        if (!text || !element.checkVisibility({ opacityProperty: true }) || element.closest("[data-state=asking]"))
            continue;
        const style = getComputedStyle(element);
        const [a, b] = [light(rgba(style.color)), light(behind(element))].sort((x, y) => y - x);
        const large = parseFloat(style.fontSize) >= 24;
        if ((a + 0.05) / (b + 0.05) < (large ? 3 : 4.5))
            found.push(`${element.tagName} ${element.className}: ${element.textContent.slice(0, 40)}`);
    }
    return found;
}

for (const scheme of ["light", "dark"])
    for (const [name, viewport] of [["phone", { width: 360, height: 740 }], ["wide", { width: 1680, height: 1000 }]])
        test(`${scheme}, ${name}: it fits, and can be read`, async () => {
            const page = await open("#/new", { colorScheme: scheme, viewport, expected: ["status of 400"] });
            const look = async (what) => {
                assert.deepEqual(await page.evaluate(faint), [], `contrast of ${what}`);
                const width = await page.evaluate(() => document.documentElement.scrollWidth);
                assert.ok(width <= viewport.width, `${what} is ${width} pixels wide`);
                await lookAt(page, `${scheme}-${name}-${what}`);
            };
            await prompt(page).fill("a paper boat on a rainy street, seen from very low");
            await page.locator(".quote[data-state=found]").waitFor();
            await page.getByText("Advanced").click();
            await look("wish");
            await page.getByLabel(/^Options of/).selectOption("multi_prompt");
            await page.locator(".quote[data-state=refused]").waitFor();
            await look("refused");
            await ask(page, "[fail: too many boats] a harbour");
            await standing(page, "Failed").waitFor();
            await look("failed");
            await ask(page, "a paper boat on a rainy street, seen from very low");
            await standing(page, "Finished").waitFor();
            await look("finished");
            await page.goto(`${new URL(page.url()).origin}/#/`);
            await look("films");
        });
