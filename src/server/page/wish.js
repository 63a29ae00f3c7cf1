// The form of a wish: what is asked for, what it costs before it is paid, and sending it exactly once.

import { ApiError, call } from "./api.js";
import { catalog, canDo, choosesModel, modelsFor, preferred } from "./catalog.js";
import { attached, compose, pack } from "./compose.js";
import { announce, h, show } from "./dom.js";
import { complain, fieldNamed, select, settle, takeFiles } from "./fields.js";
import { controls } from "./controls.js";
import { forgetDraft, loadDraft, pending, saveDraft } from "./draft.js";
import { put, store } from "./store.js";
import { money, onceMore, OPERATIONS, size } from "./words.js";

const CHECK_AFTER_MS = 350;
const CHECK_BYTES_MAX = 8e6; // larger files are not sent on each change just to learn a price
const CONTENT = ["prompt", "speech", "video_id"]; // what a film is made of; all else is how

const form = { draft: {}, files: new Map(), shown: new Set(), changed: () => {} }; // shown: the fields on display
let providers = [];
let place = null; // the <form>, while it is shown

// ---- who and what ------------------------------------------------------------------------------------------------

function provider() {
    return providers.find(({ name }) => name === form.draft.provider);
}

/* The row whose limits the controls follow. */
function model() {
    const models = modelsFor(provider(), form.draft.operation);
    return models.find((row) => row.model === form.draft.model) ?? models[0];
}

/* Operation, provider and model fit together, whatever an older draft or a link says. */
function reconcile() {
    const { draft } = form;
    if (!providers.some((row) => canDo(row, draft.operation)))
        draft.operation = "generate";
    const able = providers.filter((row) => canDo(row, draft.operation));
    if (!able.some(({ name }) => name === draft.provider))
        draft.provider = preferred(able)?.name;
    if (!choosesModel(draft.operation))
        delete draft.model;
    else if (!modelOptions().some(({ value }) => value === draft.model))
        draft.model = modelOptions()[0].value;
}

function operationChooser() {
    const names = Object.keys(OPERATIONS).filter((name) => providers.some((row) => canDo(row, name)));
    return h("fieldset", { class: "operations", "data-names": "operation" },
        h("legend", { class: "unseen" }, "What to do"),
        names.map((name) => h("label", null,
            h("input", { type: "radio", id: `operation-${name}`, name: "operation", value: name,
                checked: name === form.draft.operation, onchange: () => redraw("operation", name) }),
            h("span", { title: OPERATIONS[name].about }, OPERATIONS[name].title))));
}

function providerOptions() {
    return providers.filter((row) => canDo(row, form.draft.operation)).map((row) => ({
        value: row.name, label: row.configured ? row.title : `${row.title} (no credentials)`,
        disabled: !row.configured,
    }));
}

/* Where every model is retired, the provider knows best what still runs. */
function modelOptions() {
    const models = modelsFor(provider(), form.draft.operation);
    const options = models.map((row) => ({
        value: row.model, label: row.retired_on ? `${row.model} (retired ${row.retired_on})` : row.model,
    }));
    return models[0].retired_on ? [{ value: "", label: "The provider's choice" }, ...options] : options;
}

function chooser(name, label, options) {
    return h("div", { class: "field", "data-names": name }, h("label", { for: name }, label),
        select(options, form.draft[name], {
            id: name, name, "aria-describedby": `${name}-error`,
            onchange: (event) => redraw(name, event.target.value),
        }),
        h("p", { class: "error", id: `${name}-error`, hidden: true }));
}

/* Another operation, provider or model: the rest of the form follows; what still fits stays filled in. */
function redraw(name, value) {
    form.draft[name] = value;
    if (name !== "model") {
        delete form.draft.model;
        form.draft.options = {};
    }
    reconcile();
    draw();
    form.changed(name);
}

function draw() {
    const { draft } = form;
    const focus = document.activeElement.id;
    show(place.querySelector(".operations-place"), [draft.operation], operationChooser);
    show(place.querySelector(".who"), [draft.operation, draft.provider, draft.model], () => [
        chooser("provider", "Provider", providerOptions()),
        choosesModel(draft.operation) && chooser("model", "Model", modelOptions()),
    ]);
    show(place.querySelector(".fields"), [draft.operation, draft.provider, draft.model],
        () => controls(form, draft.operation, provider(), model()));
    form.shown = new Set([...place.querySelectorAll("[data-name]")].map((field) => field.dataset.name));
    place.querySelector(".make").textContent = OPERATIONS[draft.operation].verb;
    document.getElementById(focus)?.focus();
}

// ---- what it costs -----------------------------------------------------------------------------------------------

let timer = null;
let checking = null; // aborts the check under way

/* Whether there is anything to be checked. Choosing comes before writing: a form is not complained about for it. */
function started() {
    return CONTENT.some((name) => form.shown.has(name) && form.draft[name])
        || Object.keys(form.draft.options).length > 0 || attached(form).length > 0;
}

function showQuote(kind, ...content) {
    const quote = place.querySelector(".quote");
    quote.dataset.state = kind;
    quote.replaceChildren(...content.flat().filter(Boolean));
}

function quoteIdle() {
    showQuote("idle", h("p", { class: "price" }, "Price"),
        h("p", { class: "hint" }, "It appears here as you write. Nothing is paid before you send the wish."));
}

function quoteLarge(bytes) {
    showQuote("idle", h("p", { class: "price" }, "Price"),
        h("p", { class: "hint" }, `Asking for it sends ${size(bytes)} to the server.`),
        h("button", { type: "button", onclick: check }, "Ask for the price"));
}

function sentPart({ request, fetch, scale }) {
    if (!request)
        return null;
    return h("details", { class: "sent" }, h("summary", null, "What would be sent"),
        h("p", { class: "mono" }, `${request.method} ${request.url}`),
        [fetch, scale].filter(Boolean).map((text) => h("p", { class: "hint" }, text)),
        request.body && h("pre", { tabindex: "0" }, JSON.stringify(request.body, null, 2)));
}

function quoteFound(answer) {
    const open = place.querySelector(".sent")?.open;
    const who = [provider()?.title, answer.model].filter(Boolean).join(" · ");
    const known = typeof answer.usd === "number";
    showQuote("found",
        h("p", { class: "price" }, known ? money(answer.usd) : "Price not known"),
        h("p", { class: "hint" }, who),
        answer.warnings.length > 0
            && h("ul", { class: "warnings" }, answer.warnings.map((text) => h("li", null, text))),
        sentPart(answer));
    if (open && place.querySelector(".sent"))
        place.querySelector(".sent").open = true;
}

async function check() {
    checking?.abort();
    checking = new AbortController();
    const { signal } = checking;
    const shown = place;
    place.querySelector(".quote").dataset.state = "asking";
    try {
        const body = pack(compose(form));
        const answer = await call("POST", "v1/videos/check", { body, signal });
        if (place !== shown)
            return;
        settleAll();
        quoteFound(answer);
    } catch (error) {
        if (error.name !== "AbortError" && place === shown)
            refuse(error);
    }
}

function checkSoon() {
    clearTimeout(timer);
    checking?.abort();
    if (!started())
        return quoteIdle();
    const bytes = attached(form).reduce((sum, file) => sum + file.size, 0);
    if (bytes > CHECK_BYTES_MAX)
        return quoteLarge(bytes);
    place.querySelector(".quote").dataset.state = "asking";
    timer = setTimeout(check, CHECK_AFTER_MS);
}

// ---- what is wrong -----------------------------------------------------------------------------------------------

function settleAll() {
    place.querySelectorAll(".field").forEach(settle);
    place.querySelector(".trouble").replaceChildren();
}

/* At the field that the server names, else at the form's end. Returns the field. */
function refuse(error) {
    settleAll();
    const field = error instanceof ApiError && error.param ? fieldNamed(place, error.param) : null;
    showQuote("refused", h("p", { class: "price" }, "Not yet"),
        h("p", { class: "hint" }, field ? "See what is marked in the form." : "See below."));
    if (!field)
        place.querySelector(".trouble").replaceChildren(h("p", { class: "error", role: "alert" }, error.message));
    else {
        field.closest("details")?.setAttribute("open", "");
        complain(field, error.message);
    }
    return field;
}

// ---- sending -----------------------------------------------------------------------------------------------------

let sending = false;
let done = false; // the wish is a job; the form that is still shown for a moment is the old one
let unseen = null; // a refusal that came while the form was not shown

function busy(on) {
    sending = on;
    const button = place?.querySelector(".make");
    if (!button)
        return;
    button.setAttribute("aria-disabled", String(on));
    button.textContent = on ? "Sending" : OPERATIONS[form.draft.operation].verb;
}

function accepted(video) {
    done = true;
    pending.forget();
    forgetDraft(form);
    put(video);
    announce("The wish is written down.");
    location.hash = `#/jobs/${encodeURIComponent(video.id)}`;
}

/* An answer that refuses means that nothing was accepted; silence, or a server in trouble, leaves that open. */
function notAccepted(error) {
    if (error.status >= 400 && error.status < 500)
        pending.forget();
    if (!place) {
        unseen = error;
        announce(error.message);
        return;
    }
    unseen = null;
    const open = error.status === 0 || error.status >= 500;
    const field = refuse(open ? new ApiError(error.status,
        `${error.message} The wish may have arrived. Sending it again is safe: it goes out under the same key, `
        + "so that there is one film, paid once.") : error);
    (field?.querySelector("input, select, textarea") ?? place.querySelector(".make")).focus();
}

async function send(key, body) {
    busy(true);
    try {
        accepted(await call("POST", "v1/videos", { body, headers: { "Idempotency-Key": key } }));
    } catch (error) {
        notAccepted(error);
    } finally {
        busy(false);
    }
}

function submit(event) {
    event.preventDefault();
    if (sending || done)
        return;
    clearTimeout(timer);
    checking?.abort();
    const wish = compose(form);
    send(pending.keyFor(wish), pack(wish));
}

/* A wish that was sent before the page was loaded anew, and never answered: sent again under its key, which gives
 * the same film. Files can't be kept, so one with files waits for its owner. */
export function resumePending() {
    const kept = pending.get();
    if (kept && !sending && kept.body)
        send(kept.key, kept.body);
}

function interrupted() {
    const kept = pending.get();
    if (!kept || kept.body)
        return null;
    return h("div", { class: "notice" },
        h("p", null, "Your last wish was sent, but its answer never came. If it is not among your films, attach "
            + `${kept.files.join(" and ")} again and send it: it goes out under the same key, so that it is never `
            + "paid twice."),
        h("button", { type: "button", onclick: (event) => {
            pending.forget();
            event.target.parentElement.remove();
        } }, "It is settled"));
}

// ---- the view ----------------------------------------------------------------------------------------------------

function skeleton() {
    return h("form", { class: "wish", novalidate: true, onsubmit: submit },
        h("div", { class: "wish-body" },
            h("h1", null, "New film"),
            interrupted(),
            h("div", { class: "operations-place" }),
            h("div", { class: "who pair" }),
            h("div", { class: "fields" })),
        h("aside", { class: "bill", "aria-label": "Price and sending" },
            h("div", { class: "quote", role: "status" }),
            h("div", { class: "trouble" }),
            h("button", { class: "primary make" }, "Make this film")));
}

function listen() {
    place.addEventListener("paste", (event) => takeFiles(place, event, [...event.clipboardData.files]));
    place.addEventListener("dragover", (event) => {
        event.preventDefault();
        place.dataset.dragging = "";
    });
    place.addEventListener("dragleave", () => delete place.dataset.dragging);
    place.addEventListener("drop", (event) => {
        event.preventDefault();
        delete place.dataset.dragging;
        takeFiles(place, event, [...event.dataTransfer.files]);
    });
    place.addEventListener("keydown", (event) => {
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey))
            place.requestSubmit();
    });
}

/* Fills the form with a wish from elsewhere: a link, or a film's own request. */
export function begin(draft, files = new Map()) {
    form.draft = { operation: "generate", options: {}, ...draft };
    form.files = files;
    saveDraft(form.draft);
}

function begun(main, found) {
    providers = found;
    reconcile();
    place = skeleton();
    main.replaceChildren(place);
    form.changed = (name) => {
        saveDraft(form.draft);
        const field = fieldNamed(place, name);
        if (field)
            settle(field);
        checkSoon();
    };
    listen();
    draw();
    done = false;
    busy(sending);
    if (unseen)
        notAccepted(unseen);
    else
        checkSoon();
}

/* Shows the form; returns what is to be done when it goes. */
export function openWish(main) {
    document.title = "golem-video";
    if (!form.draft.operation)
        begin(loadDraft());
    let gone = false;
    const load = () => catalog().then((found) => gone || place || begun(main, found), (error) => gone
        || main.replaceChildren(h("div", { class: "plain" }, h("p", null, error.message),
            h("button", { type: "button", onclick: load }, onceMore(error)))));
    main.replaceChildren(h("p", { class: "plain", role: "status" }, "Loading the models"));
    load();
    store.addEventListener("fresh", load);
    return () => {
        gone = true;
        place = null;
        store.removeEventListener("fresh", load);
        clearTimeout(timer);
        checking?.abort();
    };
}
