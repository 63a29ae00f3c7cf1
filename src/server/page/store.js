// The films this page knows of, kept up to date by one stream of events. Views listen:
//   "list"        which films there are, or whether they are loading
//   "video"       detail: a film that has changed
//   "transition"  detail: a line of some film's history
//   "fresh"       everything may have changed: the stream was away
//   "link"        whether the stream is up

import { ApiError, call, events, jobPath } from "./api.js";

const PAGE = 20;
const PAGE_MAX = 100;
const BACK_OFF_MS = [500, 1000, 2000, 5000, 10000, 30000];
const FOR_EVER_MS = 2 ** 31 - 1;

export const store = new EventTarget();
export const state = { videos: new Map(), more: false, loaded: false, error: null, filter: "", link: "connecting" };

let touched = new Set(); // films that spoke while the list was on its way
let loads = 0;

function tell(name, detail) {
    store.dispatchEvent(new CustomEvent(name, { detail }));
}

export function ended(video) {
    return video.status === "completed" || video.status === "failed";
}

/* Newest first. */
export function sorted() {
    return [...state.videos.values()].sort((a, b) => b.created_at - a.created_at || (a.id < b.id ? 1 : -1));
}

function fits(video) {
    return !state.filter || video.status === state.filter
        || (state.filter === "in_progress" && video.status === "queued");
}

export function put(video) {
    const known = state.videos.has(video.id);
    if (fits(video) || known)
        state.videos.set(video.id, video);
    tell("video", video);
    if (!known)
        tell("list");
}

export function drop(id) {
    state.videos.delete(id);
    tell("list");
}

export async function refresh(id) {
    const video = await call("GET", jobPath(id));
    put(video);
    return video;
}

function listPath(limit, after) {
    const query = new URLSearchParams({ limit, order: "desc" });
    if (after)
        query.set("after", after);
    if (state.filter)
        query.set("status", state.filter);
    return `v1/videos?${query}`;
}

async function newest(count) {
    const videos = new Map();
    let more = true;
    for (let last; more && videos.size < count;) {
        const page = await call("GET", listPath(Math.min(PAGE_MAX, count - videos.size), last));
        page.data.forEach((video) => videos.set(video.id, video));
        more = page.has_more;
        last = page.data.at(-1)?.id;
    }
    return { videos, more };
}

/* Loads the newest films anew, as many as are shown. */
export async function reload() {
    const load = ++loads;
    touched = new Set();
    try {
        const { videos, more } = await newest(Math.max(PAGE, state.videos.size));
        if (load !== loads)
            return;
        Object.assign(state, { videos, more, loaded: true, error: null });
        touched.forEach((id) => refresh(id).catch(() => {}));
    } catch (error) {
        if (load !== loads)
            return;
        state.error = error;
    }
    tell("list");
}

export async function loadOlder() {
    const page = await call("GET", listPath(PAGE, sorted().at(-1)?.id));
    page.data.forEach((video) => state.videos.set(video.id, video));
    state.more = page.has_more;
    tell("list");
}

export function setFilter(status) {
    state.filter = status;
    state.videos.clear();
    state.loaded = false;
    tell("list");
    return reload();
}

/* A line of history: what it says at once, and the whole film where more than progress has changed. */
function heard(line) {
    touched.add(line.id);
    const video = state.videos.get(line.id);
    const gv = video?.golem_video ?? {};
    if (!video || ended(line) || line.status !== video.status || Boolean(line.parked) !== Boolean(gv.parked))
        refresh(line.id).catch(() => {});
    else {
        const progress = Math.max(video.progress, line.progress ?? 0);
        put({ ...video, progress, golem_video: { ...gv, phase: line.phase, note: line.note || gv.note } });
    }
    tell("transition", line);
}

function setLink(link) {
    if (state.link === link)
        return;
    state.link = link;
    tell("link");
}

let hurry = () => {};
/* Do not wait for the next try. */
export function reconnect() {
    hurry();
}
addEventListener("online", reconnect);

function pause(ms) {
    return new Promise((resolve) => {
        const timer = setTimeout(resolve, ms);
        hurry = () => {
            clearTimeout(timer);
            resolve();
        };
    });
}

let stream = null;
addEventListener("offline", () => stream?.abort());

/* Browsers open some six connections to a server, for all tabs together: a tab that nobody looks at gives its own
 * back. */
document.addEventListener("visibilitychange", () => document.hidden ? stream?.abort() : reconnect());

async function rest() {
    if (!state.loaded)
        await reload();
    setLink("connecting");
    if (document.hidden)
        await pause(FOR_EVER_MS);
}

async function listen(opened) {
    stream = new AbortController();
    const news = events("v1/videos/events", { signal: stream.signal, opened });
    for await (const { name, data } of news) {
        if (name === "transition")
            heard(data);
        else if (name === "resync")
            await reload().then(() => tell("fresh"));
    }
}

/* Follows all films for the page's life. */
export async function follow() {
    for (let tries = 0;;) {
        if (document.hidden)
            await rest();
        try {
            await listen(() => {
                tries = 0;
                setLink("live");
                reload().then(() => tell("fresh"));
            });
        } catch (error) {
            if (error instanceof ApiError && error.status === 401) {
                state.error = error;
                setLink("locked");
                tell("list");
                await pause(FOR_EVER_MS);
                continue;
            }
        }
        if (document.hidden)
            continue;
        setLink("lost");
        if (!state.loaded)
            await reload();
        await pause(BACK_OFF_MS[Math.min(tries++, BACK_OFF_MS.length - 1)]);
    }
}
