// Controls of the wish's form. Each is a .field that carries the names under which the server may complain about it,
// reads from and writes to a draft, and reports changes through `form.changed(name)`.

import { h } from "./dom.js";
import { size } from "./words.js";

const RADIOS_MAX = 6;

function wrap(name, names, { hint, group, wide }, ...content) {
    return h(group ? "fieldset" : "div", { class: wide ? "field wide" : "field", "data-name": name,
        "data-names": [name, ...names].join(" ") },
    ...content,
    hint && h("p", { class: "hint", id: `${name}-hint` }, hint),
    h("p", { class: "error", id: `${name}-error`, hidden: true }));
}

function described(name, hint) {
    return hint ? `${name}-hint ${name}-error` : `${name}-error`;
}

function write(form, name, value) {
    form.draft[name] = value;
    form.changed(name);
}

export function textField(form, name, label, { names = [], rows, hint, wide, placeholder, list } = {}) {
    const input = h(rows ? "textarea" : "input", {
        id: name, name, rows, placeholder, list, dir: "auto", autocomplete: "off", "aria-describedby": described(name, hint),
        oninput: (event) => write(form, name, event.target.value),
    });
    input.value = form.draft[name] ?? "";
    return wrap(name, names, { hint, wide }, h("label", { for: name }, label), input);
}

export function numberField(form, name, label, { names = [], hint, min, max, step } = {}) {
    const input = h("input", {
        id: name, name, type: "number", min, max, step, "aria-describedby": described(name, hint),
        oninput: (event) => write(form, name, event.target.value),
    });
    input.value = form.draft[name] ?? "";
    return wrap(name, names, { hint }, h("label", { for: name }, label), input);
}

function radios(form, name, options, chosen) {
    return h("div", { class: "segments" }, options.map(({ value, label, shape }) => {
        const input = h("input", {
            type: "radio", name, value, id: `${name}-${value}`, checked: value === chosen,
            "aria-describedby": `${name}-error`, onchange: () => write(form, name, value),
        });
        return h("label", { for: `${name}-${value}` }, input,
            h("span", { "data-shape": shape }, label));
    }));
}

export function select(options, chosen, attributes) {
    const element = h("select", attributes, options.map(({ value, label, disabled, title }) =>
        h("option", { value, disabled, title }, label)));
    element.value = chosen;
    return element;
}

/* One of several: side by side where they are few, else a list. A choice that no longer exists is forgotten. */
export function choiceField(form, name, label, options, { names = [], hint, fallback = "", wide } = {}) {
    const kept = options.some(({ value }) => value === form.draft[name]);
    if (!kept)
        delete form.draft[name];
    const chosen = kept ? form.draft[name] : fallback;
    if (options.length <= RADIOS_MAX)
        return wrap(name, names, { hint, group: true, wide }, h("legend", null, label),
            radios(form, name, options, chosen));
    return wrap(name, names, { hint, wide }, h("label", { for: name }, label), select(options, chosen, {
        id: name, name, "aria-describedby": described(name, hint),
        onchange: (event) => write(form, name, event.target.value),
    }));
}

// ---- files -------------------------------------------------------------------------------------------------------

function preview(file, release) {
    const kind = file.type.split("/")[0];
    const tags = { image: "img", video: "video", audio: "audio" };
    if (!tags[kind])
        return null;
    const src = URL.createObjectURL(file);
    release.push(() => URL.revokeObjectURL(src));
    return h(tags[kind], { src, alt: "", controls: kind === "audio", muted: kind === "video", preload: "metadata" });
}

function fileRow(file, release, remove) {
    return h("li", null, preview(file, release),
        h("span", { class: "file-text" }, h("span", { class: "file-name" }, file.name),
            h("span", { class: "hint" }, size(file.size))),
        h("button", { type: "button", class: "quiet", "aria-label": `Remove ${file.name}`, onclick: remove },
            "Remove"));
}

/* Files by choosing, dropping or pasting. `accept` is "image/*" and the like; `most` is how many at once. */
export function fileField(form, name, label, accept, { names = [], hint, most = 1, wide } = {}) {
    const list = h("ul", { class: "files" });
    const input = h("input", {
        id: name, name, type: "file", accept, multiple: most > 1, "aria-describedby": described(name, hint),
        onchange: () => {
            field.take([...input.files]);
            input.value = "";
        },
    });
    const what = { image: "a picture", video: "a film", audio: "a recording" }[accept.split("/")[0]];
    const zone = h("label", { class: "zone", for: name }, input,
        h("span", null, h("span", { class: "zone-act" }, `Choose ${what}`), " or drop it here"));
    const field = wrap(name, names, { hint, wide }, h("span", { class: "label" }, label), zone, list);
    let release = [];
    const draw = () => {
        release.forEach((free) => free());
        release = [];
        const files = form.files.get(name) ?? [];
        zone.hidden = files.length >= most;
        list.replaceChildren(...files.map((file) => fileRow(file, release, () => {
            form.files.set(name, files.filter((other) => other !== file));
            draw();
            form.changed(name);
            if (!zone.hidden)
                input.focus();
        })));
    };
    field.accepts = (file) => file.type.startsWith(accept.replace("*", ""));
    field.full = () => (form.files.get(name)?.length ?? 0) >= most;
    field.take = (files) => {
        const fit = files.filter(field.accepts);
        if (fit.length < files.length)
            complain(field, `${files.find((file) => !fit.includes(file)).name} is not ${what}.`);
        if (!fit.length)
            return;
        const before = most > 1 ? form.files.get(name) ?? [] : [];
        form.files.set(name, [...before, ...fit].slice(0, most));
        draw();
        form.changed(name);
    };
    draw();
    return field;
}

/* Files that are dropped or pasted anywhere in the form go to the field under the pointer or in focus, else to the
 * first that has room for them. */
export function takeFiles(place, event, files) {
    const fields = [...place.querySelectorAll(".field")].filter((field) => field.take);
    const meant = event.target.closest?.(".field");
    const field = fields.includes(meant) ? meant
        : fields.find((candidate) => !candidate.full() && files.some(candidate.accepts)) ?? fields[0];
    if (!field || !files.length)
        return;
    event.preventDefault();
    field.take(files);
}

// ---- complaints --------------------------------------------------------------------------------------------------

export function complain(field, message) {
    const error = field.querySelector(":scope > .error");
    error.textContent = message;
    error.hidden = false;
    for (const control of field.querySelectorAll("input, select, textarea"))
        control.setAttribute("aria-invalid", "true");
}

export function settle(field) {
    const error = field.querySelector(":scope > .error");
    if (!error || error.hidden)
        return;
    error.hidden = true;
    error.textContent = "";
    for (const control of field.querySelectorAll("[aria-invalid]"))
        control.removeAttribute("aria-invalid");
}

/* The field that a server's `param` is about: "golem_video.config.seed", "config[seed]" and "seed" are one. */
export function fieldNamed(place, param) {
    const name = param.replaceAll(/\[(\w*)\]/g, ".$1").replace(/^golem_video\./, "").replace(/^config\./, "");
    if (!name)
        return null;
    const fit = (field) => Math.max(0, ...field.dataset.names.split(" ")
        .filter((candidate) => candidate === name || name.startsWith(`${candidate}.`))
        .map((candidate) => candidate.length));
    const [best] = [...place.querySelectorAll(".field")].sort((a, b) => fit(b) - fit(a));
    return best && fit(best) > 0 ? best : null;
}
