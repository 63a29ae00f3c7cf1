// Elements are made here and nowhere else. Text enters as text, never as markup.

/* h("p", { class: "hint", onclick: f }, "text", element, ...): null and false stand for nothing. */
export function h(tag, attributes, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes ?? {})) {
        if (value === null || value === undefined || value === false)
            continue;
        if (name.startsWith("on"))
            element.addEventListener(name.slice(2), value);
        else
            element.setAttribute(name, value === true ? "" : value);
    }
    element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
    return element;
}

/* Builds the content anew only when what it depends on has changed, so that focus, scrolling and films stay. */
export function show(element, dependencies, build) {
    const key = JSON.stringify(dependencies);
    if (element.shownKey === key)
        return;
    element.shownKey = key;
    element.replaceChildren(...[build()].flat().filter(Boolean));
}

function troublePlace(element) {
    return element.closest(".buttons, .ways") ?? element.parentElement;
}

/* Runs what a button does once at a time; a failure is shown beside it. */
export function button(label, act, attributes = {}) {
    const element = h("button", { type: "button", ...attributes, onclick: async () => {
        if (element.getAttribute("aria-disabled") === "true")
            return;
        element.setAttribute("aria-disabled", "true");
        troublePlace(element).querySelector(".error")?.remove();
        try {
            await act(element);
        } catch (error) {
            troublePlace(element).append(h("p", { class: "error", role: "alert" }, error.message));
        } finally {
            element.removeAttribute("aria-disabled");
        }
    } }, label);
    return element;
}

export function markCurrent(link, current) {
    if (current)
        link.setAttribute("aria-current", "page");
    else
        link.removeAttribute("aria-current");
}

/* For those who listen instead of look. */
export function announce(text) {
    document.getElementById("announcer").textContent = text;
}

/* A dialog; resolves with what `read` gives when it is confirmed, and with null when it is left.
 * `read` may return undefined to keep it open. */
export function ask({ title, content, confirm, danger, leave = "Not now", read = () => true }) {
    return new Promise((resolve) => {
        let answer = null;
        const form = h("form", {
            onsubmit: (event) => {
                event.preventDefault();
                const value = read();
                if (value === undefined)
                    return;
                answer = value;
                dialog.close();
            },
        },
        h("h2", { id: "dialog-title" }, title),
        content,
        h("div", { class: "buttons" },
            h("button", { class: danger ? "primary danger" : "primary" }, confirm),
            h("button", { type: "button", autofocus: danger, onclick: () => dialog.close() }, leave)));
        const dialog = h("dialog", {
            "aria-labelledby": "dialog-title",
            onclose: () => {
                dialog.remove();
                resolve(answer);
            },
        }, form);
        document.body.append(dialog);
        dialog.showModal();
    });
}

/* Only our own server's links are followed, whatever host an answer names. */
export function ownUrl(link) {
    try {
        const url = new URL(link, document.baseURI);
        return /^https?:$/.test(url.protocol) ? url.pathname + url.search : "";
    } catch {
        return "";
    }
}
