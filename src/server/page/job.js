// One film: how it stands, the film itself, what happened to it, and what can be done about it.

import { call, jobPath } from "./api.js";
import { actions, copyButton, doubt } from "./actions.js";
import { h, ownUrl, show } from "./dom.js";
import { progressBar } from "./films.js";
import { ended, put, refresh, state, store } from "./store.js";
import { advice, charged, clock, moment, money, onceMore, OPERATIONS, RATIOS, size, standing, title }
    from "./words.js";

const HEADING_CHARS = 100; // of a prompt: what a phone shows of it

// ---- parts -------------------------------------------------------------------------------------------------------

function head(video) {
    const { state: kind, word } = standing(video);
    return [
        h("p", { class: "crumb" }, h("a", { href: "#/" }, "All films")),
        h("p", { class: "state", "data-state": kind }, word),
        h("h1", { dir: "auto" }, title(video)),
    ];
}

function film(video, again) {
    const gv = video.golem_video;
    const player = h("video", {
        src: ownUrl(gv.content_url), poster: gv.thumbnail_url ? ownUrl(gv.thumbnail_url) : null, controls: true,
        playsinline: true, preload: "metadata", "aria-label": title(video), onerror: again,
    });
    const shape = gv.videos?.[0];
    if (shape?.width > 0 && shape.height > 0)
        player.style.aspectRatio = `${shape.width} / ${shape.height}`;
    return player;
}

/* Where the film will be: how far it is, and what the provider last said. */
function waiting(video) {
    const { progress, note } = video.golem_video;
    return h("div", { class: "waiting" },
        h("p", { class: "percent" }, progress !== null || video.progress > 0 ? `${video.progress} %` : "Under way"),
        progressBar(video),
        h("p", { class: "hint" }, note || "Written down."));
}

function stage(video, again) {
    if (video.status === "completed" && video.golem_video.content_url)
        return film(video, again);
    return ended(video) || video.golem_video.parked ? null : waiting(video);
}

function trouble(video) {
    const { golem_video: gv, error } = video;
    if (!error)
        return null;
    const cancelled = standing(video).state === "cancelled";
    return h("div", { class: cancelled ? "notice" : "notice bad", role: cancelled ? null : "alert" },
        h("h2", null, cancelled ? "Cancelled" : "What went wrong"),
        h("p", null, error.message),
        [charged(gv.error?.charged), advice(error.code)].filter(Boolean).map((text) => h("p", null, text)),
        gv.error?.provider_code && h("p", { class: "hint" }, "The provider's own code: ",
            h("span", { class: "mono" }, gv.error.provider_code)));
}

function warnings({ error, golem_video: { warnings: texts, message } }) {
    return [
        message && message !== error?.message && h("div", { class: "notice" }, h("p", null, message)),
        texts?.length > 0 && h("div", { class: "notice" }, h("h2", null, "Warnings"),
            h("ul", null, texts.map((text) => h("li", null, text)))),
    ];
}

function shapeOf(video) {
    const stored = video.golem_video.videos?.[0];
    if (!stored)
        return video.size && video.size.replace("x", " × ");
    return [`${stored.width} × ${stored.height}`, stored.fps && `${+stored.fps.toFixed(2)} fps`, size(stored.bytes)]
        .filter(Boolean).join(", ");
}

function facts(video) {
    const gv = video.golem_video;
    const config = gv.request?.config ?? {};
    const rows = [
        ["Provider", gv.provider],
        ["Model", gv.model ?? video.model],
        ["Operation", OPERATIONS[gv.operation]?.title ?? gv.operation],
        ["Length", video.seconds && `${video.seconds} s`],
        ["Shape", config.aspect_ratio && RATIOS[config.aspect_ratio]],
        [gv.videos?.length ? "File" : "Size", shapeOf(video)],
        ["Cost (est.)", typeof gv.usd === "number" && (gv.error?.charged === "no" ? "Not charged" : money(gv.usd))],
        ["Asked", moment(video.created_at)],
        [video.status === "completed" ? "Finished" : "Ended", video.completed_at && moment(video.completed_at)],
        ["Deadline", !ended(video) && gv.deadline_at && moment(gv.deadline_at)],
        ["Made from", video.remixed_from_video_id && h("a", {
            href: `#/jobs/${encodeURIComponent(video.remixed_from_video_id)}`, class: "mono",
        }, video.remixed_from_video_id)],
        ...Object.entries(gv.metadata ?? {}),
    ];
    return [h("dl", { class: "facts" }, rows.filter(([, value]) => value).map(([name, value]) =>
        h("div", null, h("dt", null, name), h("dd", null, value)))),
    h("p", { class: "id" }, h("span", { class: "mono" }, video.id), copyButton(video.id))];
}

function request({ golem_video: { request: document } }) {
    return document && h("details", null, h("summary", null, "What was asked"),
        h("pre", { tabindex: "0" }, JSON.stringify(document, null, 2)));
}

/* What the heading has no room for. */
function wholePrompt({ prompt }) {
    return prompt?.length > HEADING_CHARS && h("details", null, h("summary", null, "The whole prompt"),
        h("p", { dir: "auto", tabindex: "0" }, prompt));
}

// ---- history -----------------------------------------------------------------------------------------------------

/* A job's first line is its acceptance, whatever it waits for since. */
const textOf = ({ event, note }) => event === "accepted" && note ? `${event}: ${note}` : note || event;

function lineOf(line, routine) {
    return h("li", { class: routine ? "routine" : null },
        h("time", { class: "mono", datetime: new Date(line.at_ms).toISOString() }, clock(line.at_ms)),
        h("span", { class: "phase" }, line.phase),
        h("span", null, textOf(line)));
}

/* Appends lines in order, each once; tells whether one is missing before them. What a phase has said before, such as
 * that it asks once more, is routine, and hidden unless wanted. */
function history(list) {
    let last = 0;
    let phase = "";
    let said = new Set();
    const all = h("button", { type: "button", class: "quiet small", hidden: true, "aria-pressed": "false",
        onclick: () => {
            const open = list.toggleAttribute("data-all");
            all.setAttribute("aria-pressed", String(open));
            all.textContent = open ? "Show less" : `Show all ${last} lines`;
        } });
    list.before(all);
    return {
        last: () => last,
        gap: (line) => line.seq > last + 1,
        add(line) {
            if (line.seq <= last)
                return;
            if (line.phase !== phase)
                said = new Set();
            const routine = line.phase === phase && (!line.note || said.has(line.note));
            said.add(line.note);
            phase = line.phase;
            last = line.seq;
            list.append(lineOf(line, routine));
            all.hidden &&= !routine;
            if (!list.hasAttribute("data-all"))
                all.textContent = `Show all ${last} lines`;
        },
    };
}

// ---- the view ----------------------------------------------------------------------------------------------------

function layout() {
    const parts = {};
    const part = (name, tag = "div", attributes = {}) => {
        parts[name] = h(tag, { class: name, ...attributes });
        return parts[name];
    };
    const element = h("article", { class: "job" },
        part("head"),
        h("div", { class: "job-main" }, part("stage"), part("trouble"), part("doubt"), part("warnings"),
            part("actions"),
            h("section", { class: "past", "aria-labelledby": "history-title" },
                h("h2", { id: "history-title" }, "History"), part("history", "ol"))),
        h("aside", { class: "job-side", "aria-label": "Facts" }, part("facts"), part("prompt"), part("request")));
    return { element, parts };
}

function missing(main, error, again) {
    document.title = "golem-video";
    main.replaceChildren(h("div", { class: "plain" },
        h("h1", null, error.status === 404 ? "There is no such film" : "This film can't be shown now"),
        h("p", null, error.message),
        h("p", null, h("a", { href: "#/" }, "All films"), " "),
        error.status !== 404 && h("button", { type: "button", onclick: again }, onceMore(error))));
}

function draw(parts, video, again) {
    const gv = video.golem_video;
    const { state: kind, word } = standing(video);
    document.title = `${kind === "working" && video.progress ? `${video.progress} %, ` : ""}${title(video)}: ${word}`;
    show(parts.head, [kind, title(video)], () => head(video));
    show(parts.stage, ended(video) ? [kind, gv.videos?.[0]?.sha256] : [kind, video.progress, gv.note],
        () => stage(video, again));
    show(parts.trouble, [video.error, gv.error], () => trouble(video));
    show(parts.doubt, [gv.parked, gv.resolve, gv.note], () => gv.parked && doubt(video));
    show(parts.warnings, [gv.warnings, gv.message, video.error?.message], () => warnings(video));
    show(parts.actions, [kind, gv.resolve], () => actions(video));
    show(parts.facts, [video.status, gv.usd, gv.model, video.seconds, video.size], () => facts(video));
    show(parts.prompt, [video.prompt], () => wholePrompt(video));
    show(parts.request, [gv.request], () => request(video));
}

export function openJob(main, id) {
    let video = null; // with its request, which lists and events lack
    let gone = false;
    let renewals = 0;
    const { element, parts } = layout();
    const lines = history(parts.history);
    const redraw = () => draw(parts, video, renewLinks);

    /* A signed link's time may be over by the time that the film is played. */
    function renewLinks() {
        if (renewals++ === 0)
            refresh(id).then(() => {
                parts.stage.shownKey = undefined;
                redraw();
            }, () => {});
    }
    async function catchUp() {
        const { data } = await call("GET", `${jobPath(id, "log")}?after=${lines.last()}`);
        data.forEach(lines.add);
    }
    async function load() {
        try {
            await refresh(id);
            await catchUp();
        } catch (error) {
            if (!gone && !(video && error.status === 0)) // what is known stays while the server is away
                missing(main, error, load);
        }
    }
    const on = {
        video: ({ detail }) => {
            if (detail.id !== id)
                return;
            const { request: asked = video?.golem_video.request, message = video?.golem_video.message }
                = detail.golem_video;
            video = { ...detail, golem_video: { ...detail.golem_video, request: asked, message } };
            if (!element.isConnected)
                main.replaceChildren(element);
            redraw();
        },
        transition: ({ detail }) => {
            if (detail.id !== id)
                return;
            if (lines.gap(detail))
                catchUp().catch(() => {});
            else
                lines.add(detail);
        },
        fresh: load,
    };
    for (const [name, listener] of Object.entries(on))
        store.addEventListener(name, listener);
    main.replaceChildren(h("p", { class: "plain", role: "status" }, "Loading"));
    if (state.videos.has(id))
        put(state.videos.get(id));
    load();
    return () => {
        gone = true;
        for (const [name, listener] of Object.entries(on))
            store.removeEventListener(name, listener);
    };
}
