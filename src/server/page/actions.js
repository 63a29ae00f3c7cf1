// What can be done about a film, and what each costs or risks before it is done.

import { call, jobPath } from "./api.js";
import { catalog, canDo } from "./catalog.js";
import { announce, ask, button, h, ownUrl } from "./dom.js";
import { drop, ended, put } from "./store.js";
import { CANCEL_TEXT, RESOLUTIONS_OF_DOUBT, title } from "./words.js";
import { begin } from "./wish.js";

// ---- ending it ---------------------------------------------------------------------------------------------------

async function cancel(video) {
    if (!await ask({ title: "Cancel this film?", content: h("p", null, CANCEL_TEXT), confirm: "Cancel the film",
        danger: true, leave: "Let it go on" }))
        return;
    put(await call("POST", jobPath(video.id, "cancel")));
}

async function remove(video) {
    if (!await ask({ title: "Delete this film?", content: h("p", null,
        "The job, its history and the stored film go for good. What the provider keeps stays there."),
    confirm: "Delete", danger: true, leave: "Keep it" }))
        return;
    await call("DELETE", jobPath(video.id));
    location.hash = "#/";
    drop(video.id);
    announce("Deleted.");
}

// ---- going on from it --------------------------------------------------------------------------------------------

function goTo(video) {
    put(video);
    location.hash = `#/jobs/${encodeURIComponent(video.id)}`;
}

async function remix(video) {
    const input = h("textarea", { id: "remix-prompt", rows: 4, dir: "auto", required: true });
    input.value = video.prompt ?? "";
    const prompt = await ask({
        title: "Remix",
        content: [h("p", null, "A new film from this one, with other words. It is paid like any other."),
            h("label", { for: "remix-prompt" }, "Prompt"), input],
        confirm: "Remix it",
        read: () => input.value.trim() || undefined,
    });
    if (prompt)
        goTo(await call("POST", jobPath(video.id, "remix"), { body: { prompt } }));
}

function wish(draft, files) {
    begin(draft, files);
    location.hash = "#/new";
}

async function upscale(video, provider) {
    const film = await (await fetch(ownUrl(video.golem_video.content_url))).blob();
    const file = new File([film], `${video.id}.mp4`, { type: film.type || "video/mp4" });
    wish({ operation: "upscale_video", provider: provider.name }, new Map([["film", [file]]]));
}

/* The same wish, to be changed; its pictures have to be attached again. */
function again(video) {
    const { request = {}, provider, model, operation } = video.golem_video;
    const { model: asked, duration_seconds: seconds, provider_options: options, ...config } = request.config ?? {};
    const plain = Object.fromEntries(Object.entries(config)
        .filter(([, value]) => typeof value !== "object").map(([name, value]) => [name, String(value)]));
    wish({ ...plain, operation, provider, model: asked ?? model, prompt: video.prompt ?? "",
        ...(seconds && { seconds: String(seconds) }),
        options: Array.isArray(options) ? Object.fromEntries(options.map(({ key, value }) => [key, value]))
            : options ?? {},
        ...(request.video_id && { video_id: request.video_id }) });
}

/* The clipboard is there on secure pages only. */
export function copyButton(text) {
    return navigator.clipboard && button("Copy", async () => {
        await navigator.clipboard.writeText(text);
        announce("Copied.");
    }, { class: "quiet small", "aria-label": "Copy id" });
}

/* What other operations can begin with this film; known once the models are. */
function further(video) {
    const place = h("span", { class: "further" });
    catalog().then((providers) => {
        const provider = providers.find(({ name }) => name === video.golem_video.provider);
        const upscaler = providers.find((row) => row.configured && canDo(row, "upscale_video"));
        const named = { provider: provider?.name, video_id: video.id };
        if (provider && canDo(provider, "extend_video"))
            place.append(button("Extend", () => wish({ ...named, operation: "extend_video" })));
        if (provider && canDo(provider, "generate_lip_sync"))
            place.append(button("Lip-sync", () => wish({ ...named, operation: "generate_lip_sync" })));
        if (provider?.models.some((row) => row.model === video.golem_video.model && row.takes.includes("video")))
            place.append(button("Remix", () => remix(video)));
        if (upscaler)
            place.append(button("Upscale", () => upscale(video, upscaler)));
    }, () => {});
    return place;
}

export function actions(video) {
    const link = video.golem_video.content_url;
    return h("div", { class: "buttons", role: "group", "aria-label": "What to do with it" },
        video.status === "completed" && link && h("a", { class: "button primary", download: `${video.id}.mp4`,
            href: ownUrl(link) }, "Download"),
        !ended(video) && button("Cancel", () => cancel(video)),
        ended(video) && button("Use this wish again", () => again(video)),
        video.status === "completed" && further(video),
        ended(video) && button("Delete", () => remove(video), { class: "quiet apart" }));
}

// ---- doubt -------------------------------------------------------------------------------------------------------

async function settleDoubt(video, how, task) {
    const { confirm, title: name, danger } = RESOLUTIONS_OF_DOUBT[how];
    if (confirm && !await ask({ title: name, content: h("p", null, confirm), confirm: "Yes, do it", danger }))
        return;
    const body = { how, ...(task && { task_id: task.value.trim() }) };
    put(await call("POST", jobPath(video.id, "resolve"), { body }));
}

function way(video, how) {
    const { title: name, text, danger } = RESOLUTIONS_OF_DOUBT[how];
    const task = how === "adopt" && h("input", { id: "task-id", autocomplete: "off", spellcheck: "false" });
    return h("li", { class: danger ? "way risky" : "way" },
        h("h3", null, name),
        h("p", null, text),
        task && h("label", { for: "task-id" }, "The task's id"),
        h("div", { class: "joined" }, task, button(name.split(":").at(-1).trim().replace(/^./, (c) => c.toUpperCase()),
            () => settleDoubt(video, how, task))));
}

/* A parked job: nobody knows whether the provider took it, and only a person can find out. */
export function doubt(video) {
    return h("section", { class: "notice doubt-box", "aria-labelledby": "doubt-title" },
        h("h2", { id: "doubt-title" }, "Nobody knows whether the provider took this"),
        h("p", null, video.golem_video.note),
        h("p", null, "It is not sent again on a guess, since that could be paid twice. You can settle it:"),
        h("ul", { class: "ways" }, (video.golem_video.resolve ?? []).filter((how) => how in RESOLUTIONS_OF_DOUBT)
            .map((how) => way(video, how))));
}
