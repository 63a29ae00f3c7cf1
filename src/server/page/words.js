// What things are called, and what they mean, in plain words.

const STATES = {
    queued: { state: "waiting", word: "Waiting" },
    in_progress: { state: "working", word: "In progress" },
    completed: { state: "done", word: "Finished" },
    failed: { state: "failed", word: "Failed" },
};

/* {state, word}: the state is for the style sheet, the word for people. */
export function standing(video) {
    if (video.golem_video?.parked)
        return { state: "parked", word: "Needs you" };
    if (video.golem_video?.cancelled || video.error?.code === "cancelled")
        return { state: "cancelled", word: "Cancelled" };
    return STATES[video.status] ?? STATES.in_progress;
}

export const OPERATIONS = {
    generate: { title: "Film", verb: "Make this film", about: "From words, a picture or another film" },
    multi_image_generation: { title: "From pictures", verb: "Make this film", about: "One film of several pictures" },
    generate_lip_sync: { title: "Lip-sync", verb: "Make it speak", about: "Somebody in a film speaks" },
    extend_video: { title: "Extend", verb: "Extend it", about: "A film goes on" },
    upscale_video: { title: "Upscale", verb: "Upscale it", about: "A film in a larger size" },
    generate_video_effects: { title: "Effect", verb: "Make this film", about: "A ready-made effect on a picture" },
};

export const RATIOS = { landscape: "16:9", portrait: "9:16", square: "1:1", cinema: "21:9" };
export const RESOLUTIONS = { sd: "480p", hd: "720p", fhd: "1080p", uhd: "2160p" };

/* What to do about an error, by its code. */
const ADVICE = {
    invalid_request: "Change what it names, then make the film again.",
    unsupported: "Choose another model, or leave out what it names.",
    quota_exceeded: "Top up the account at the provider, or wait until its limit is over; then make the film again.",
    moderation_blocked: "The provider's filter took offence. Other words, or another picture, may pass.",
    generation_failed: "The provider could not make it. The same wish may work at another time, or with another model.",
    cancelled: "",
    internal_error: "The history below shows how far it came. If it happens again, look at the server's log.",
};

export function advice(code) {
    return ADVICE[code] ?? "";
}

/* What a button says that does once more what went wrong. */
export function onceMore(error) {
    return error.status === 401 ? "Give a token" : "Try again";
}

export function charged(answer) {
    return {
        yes: "The provider charges for it all the same.",
        no: "The provider does not charge for it.",
        unknown: "Whether the provider charges for it is not known; its console tells.",
    }[answer] ?? "";
}

/* The ways to settle a job of which nobody knows whether the provider took it. */
export const RESOLUTIONS_OF_DOUBT = {
    look_up: {
        title: "Ask the provider once more",
        text: "Costs nothing. A task that was slow to show up may be there by now.",
    },
    adopt: {
        title: "It is there: take it over",
        text: "The provider's console shows the task. Give its id: the film is fetched, and nothing is paid again.",
    },
    resubmit: {
        title: "It never arrived: send it again",
        text: "If it did arrive after all, it is billed twice. Look into the provider's console first.",
        confirm: "Send it again? If the first request arrived after all, you pay for both.",
        danger: true,
    },
    give_up: {
        title: "Give it up",
        text: "The job ends here as failed. If the provider has it, it renders on and may be billed.",
        confirm: "Give this job up? If the provider has it, it may still be billed, and its film is lost.",
        danger: true,
    },
};

export const CANCEL_TEXT = "The job ends here at once, for good. Most providers can't stop a task that they have: "
    + "it then renders on there, may be billed, and its film is lost. What became of it is said afterwards.";

export function money(usd) {
    return new Intl.NumberFormat("en-US", {
        style: "currency", currency: "USD", maximumFractionDigits: usd < 0.1 ? 4 : 2,
    }).format(usd);
}

export function size(bytes) {
    const unit = bytes >= 1e6 ? ["megabyte", 1e6] : ["kilobyte", 1e3];
    return new Intl.NumberFormat("en", { style: "unit", unit: unit[0], maximumFractionDigits: 1 })
        .format(bytes / unit[1]);
}

export function moment(seconds) {
    return new Date(seconds * 1000).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });
}

/* With milliseconds: what follows what matters in a history. */
export function clock(ms) {
    return new Date(ms).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit",
        fractionalSecondDigits: 3 });
}

export function ago(seconds) {
    const passed = Math.max(0, Date.now() / 1000 - seconds);
    const [unit, length] = passed < 3600 ? ["minute", 60] : passed < 86400 ? ["hour", 3600] : ["day", 86400];
    const count = Math.floor(passed / length);
    return count === 0 ? "just now" : new Intl.RelativeTimeFormat("en").format(-count, unit);
}

/* What a film is called: its words, or what was done. */
export function title(video) {
    return video.prompt || OPERATIONS[video.golem_video?.operation]?.title || "Untitled";
}
