// The list of films: one row each, kept in place while it changes.

import { announce, button, h, markCurrent, ownUrl, show } from "./dom.js";
import { ended, loadOlder, reload, setFilter, sorted, state, store } from "./store.js";
import { ago, onceMore, standing, title } from "./words.js";

const AGES_MS = 60000; // what was "just now" is not for ever

const rows = new Map();

export function thumbnail(video) {
    const link = ended(video) && ownUrl(video.golem_video?.thumbnail_url ?? "");
    const frame = h("span", { class: "thumb", "data-state": standing(video).state });
    if (video.golem_video?.thumbnail_url && link)
        frame.append(h("img", { src: link, alt: "", loading: "lazy", onerror: (event) => event.target.remove() }));
    return frame;
}

export function progressBar(video) {
    const told = video.golem_video?.progress !== null || video.progress > 0;
    return h("progress", {
        max: 100, value: told ? video.progress : null, "aria-label": "Progress",
    });
}

function rowParts(video) {
    const { state: kind, word } = standing(video);
    const gv = video.golem_video ?? {};
    const working = kind === "working" || kind === "waiting";
    return [
        thumbnail(video),
        h("span", { class: "row-text" },
            h("span", { class: "row-title", dir: "auto" }, title(video)),
            h("span", { class: "row-facts" },
                h("span", { class: "state", "data-state": kind },
                    working && video.progress > 0 ? `${word}, ${video.progress} %` : word),
                h("span", null, [gv.model ?? video.model, video.seconds && `${video.seconds} s`, ago(video.created_at)]
                    .filter(Boolean).join(" · "))),
            working && progressBar(video)),
    ];
}

function row(video, current) {
    let item = rows.get(video.id);
    if (!item) {
        item = h("li", null, h("a", { class: "row", href: `#/jobs/${encodeURIComponent(video.id)}` }));
        rows.set(video.id, item);
    }
    const link = item.firstChild;
    markCurrent(link, video.id === current);
    const { thumbnail_url, phase, note, ...gv } = video.golem_video ?? {};
    show(link, [video.status, video.progress, gv.parked, Boolean(thumbnail_url), ago(video.created_at)],
        () => rowParts(video));
    return item;
}

function currentId() {
    const match = /^#\/jobs\/(.+)$/.exec(location.hash);
    return match && decodeURIComponent(match[1]);
}

function skeleton() {
    return h("div", { class: "rows", "aria-hidden": "true" },
        [1, 2, 3].map(() => h("div", { class: "row ghost" }, h("span", { class: "thumb" }),
            h("span", { class: "row-text" }, h("span", { class: "bone" }), h("span", { class: "bone short" })))));
}

function emptyState() {
    return state.filter
        ? h("p", { class: "plain" }, "No film is in this state.")
        : h("div", { class: "plain" },
            h("p", null, "No films yet. What you ask for appears here, and stays until you delete it."),
            h("a", { class: "button", href: "#/new" }, "Make the first one"));
}

function troubleState() {
    return h("div", { class: "plain" }, h("p", null, state.error.message),
        button(onceMore(state.error), reload));
}

/* Whoever came by keyboard goes on at the first film that is new. */
function older() {
    return button("Older films", async (element) => {
        const last = sorted().at(-1)?.id;
        await loadOlder();
        if (!element.isConnected)
            rows.get(last)?.nextElementSibling?.firstChild.focus();
    }, { class: "wide" });
}

/* What the list shows besides its rows depends on little; the rows keep themselves. */
function draw(place) {
    const videos = sorted();
    const kind = videos.length ? "rows" : !state.loaded && !state.error ? "loading" : state.error ? "error" : "empty";
    show(place, [kind, state.more, state.error?.message, state.filter], () => ({
        rows: () => [h("ol", { class: "rows" }), state.more && older()],
        loading: skeleton,
        error: troubleState,
        empty: emptyState,
    })[kind]());
    if (kind !== "rows")
        return;
    const wanted = videos.map((video) => row(video, currentId()));
    const list = place.firstChild;
    if (wanted.length !== list.children.length || wanted.some((item, i) => item !== list.children[i]))
        list.replaceChildren(...wanted);
    for (const id of rows.keys())
        if (!state.videos.has(id))
            rows.delete(id);
}

/* Told once per change of state, not per percent. */
function tellChange(video, before) {
    const word = standing(video).word;
    if (before.has(video.id) && before.get(video.id) !== word)
        announce(`${title(video)}: ${word}`);
    before.set(video.id, word);
}

export function startFilms() {
    const place = document.getElementById("films");
    const words = new Map();
    store.addEventListener("list", () => {
        sorted().forEach((video) => words.has(video.id) || tellChange(video, words));
        draw(place);
    });
    store.addEventListener("video", ({ detail }) => {
        tellChange(detail, words);
        draw(place);
    });
    addEventListener("hashchange", () => draw(place));
    setInterval(() => draw(place), AGES_MS);
    document.getElementById("filter").addEventListener("change", (event) => setFilter(event.target.value));
    draw(place);
}
