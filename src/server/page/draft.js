// What must outlive a reload of this tab: what has been typed, and the wish whose answer has not come yet.

const DRAFT = "golem-video.draft";
const PENDING = "golem-video.pending";

function read(name) {
    try {
        return JSON.parse(sessionStorage.getItem(name)) ?? null;
    } catch {
        return null;
    }
}

export function loadDraft() {
    return read(DRAFT) ?? {};
}

export function saveDraft(draft) {
    sessionStorage.setItem(DRAFT, JSON.stringify(draft));
}

/* The next wish begins where this one was made: same operation, provider and model. */
export function forgetDraft(form) {
    const { operation, provider, model } = form.draft;
    form.draft = { operation, provider, model, options: {} };
    form.files.clear();
    saveDraft(form.draft);
}

function newKey() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return `page-${[...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

function fingerprint({ tree, files }) {
    return JSON.stringify([tree, files.map(([name, file]) => [name, file.name, file.size, file.lastModified])]);
}

export const pending = {
    get: () => read(PENDING),
    forget: () => sessionStorage.removeItem(PENDING),
    /* The idempotency key of this wish: the one that it was sent under before, where it was sent and never answered. */
    keyFor(wish) {
        const print = fingerprint(wish);
        const kept = this.get();
        if (kept?.print === print)
            return kept.key;
        const key = newKey();
        sessionStorage.setItem(PENDING, JSON.stringify({
            key, print, body: wish.files.length ? null : wish.tree, files: wish.files.map(([, file]) => file.name),
        }));
        return key;
    },
};
