// The page's frame: which view is shown, the token's dialog, the state of the connection.

import { onTokenWanted, token } from "./api.js";
import { ask, h, markCurrent, show } from "./dom.js";
import { startFilms } from "./films.js";
import { openJob } from "./job.js";
import { follow, reconnect, state, store } from "./store.js";
import { openWish, resumePending } from "./wish.js";

const main = document.getElementById("main");
let leave = () => {}; // what the view shown wants done when it goes

function route() {
    const [view, id] = location.hash.replace(/^#\/?/, "").split("/");
    leave();
    main.shownKey = undefined;
    if (view === "jobs" && id) {
        document.body.dataset.view = "job";
        leave = openJob(main, decodeURIComponent(id));
    } else {
        document.body.dataset.view = view === "new" ? "new" : "films";
        leave = openWish(main);
    }
    for (const link of document.querySelectorAll("[data-page]"))
        markCurrent(link, link.dataset.page === document.body.dataset.view);
}

function tokenQuestion(refused) {
    const input = h("input", {
        id: "token", type: "password", autocomplete: "off", spellcheck: "false", required: true,
        "aria-describedby": "token-hint",
    });
    return ask({
        title: "This server wants a token",
        content: [
            refused && h("p", { class: "error", role: "alert" }, "The server did not take this token."),
            h("label", { for: "token" }, "Token"),
            input,
            h("p", { class: "hint", id: "token-hint" },
                "Whoever runs the server gives them out. It is kept in this tab only, until you close it."),
        ],
        confirm: "Use it",
        read: () => input.value.trim() || undefined,
    });
}

const LINKS = {
    live: () => ["Live"],
    connecting: () => ["Connecting"],
    lost: () => ["Connection lost, trying again", h("button", { type: "button", onclick: reconnect }, "Now")],
    locked: () => ["Locked", h("button", { type: "button", onclick: reconnect }, "Give a token")],
};

function drawLink() {
    const place = document.getElementById("link-state");
    place.dataset.link = state.link;
    show(place, state.link, LINKS[state.link]);
    document.getElementById("forget-token").hidden = !token.get();
}

onTokenWanted(tokenQuestion, reconnect);
store.addEventListener("link", drawLink);
store.addEventListener("list", drawLink);
document.getElementById("forget-token").addEventListener("click", () => {
    token.forget();
    location.reload();
});
addEventListener("hashchange", () => {
    route();
    main.focus({ preventScroll: true });
    scrollTo(0, 0);
});

drawLink();
startFilms();
route();
follow();
resumePending();
