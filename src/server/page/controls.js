// Which controls an operation has, by what the provider and the model take.

import { voices } from "./catalog.js";
import { h } from "./dom.js";
import { choiceField, fileField, numberField, select, textField } from "./fields.js";
import { state } from "./store.js";
import { RATIOS, RESOLUTIONS, title } from "./words.js";

const SEED_MAX = 4294967295;

// ---- what the film is to be like ---------------------------------------------------------------------------------

function promptField(form, label = "Prompt", hint = null) {
    return textField(form, "prompt", label, {
        names: ["input.text", "input.image.prompt", "provider_options.prompt"], rows: 4, wide: true, hint,
    });
}

/* The model's own default is marked as chosen and not sent. */
function secondsField(form, model) {
    if (!model.duration_seconds?.length)
        return null;
    const usual = model.duration_seconds_default;
    const options = model.duration_seconds.map((seconds) => ({
        value: seconds === usual ? "" : String(seconds), label: `${seconds} s`,
    }));
    return choiceField(form, "seconds", "Length", options, { names: ["duration_seconds", "duration"] });
}

function ratioField(form, model) {
    if (!model.aspect_ratios?.length)
        return null;
    const options = [{ value: "", label: "Auto" },
        ...model.aspect_ratios.map((ratio) => ({ value: ratio, label: RATIOS[ratio], shape: ratio }))];
    const fixed = model.takes.includes("image") && !model.takes.includes("aspect_ratio_with_image");
    return choiceField(form, "aspect_ratio", "Shape", options, {
        names: ["size"], hint: fixed ? "With a picture, the picture's own shape counts: leave it at Auto." : null,
    });
}

function resolutionField(form, model) {
    if (!model.resolutions?.length)
        return null;
    const options = model.resolutions.map((resolution) => ({
        value: resolution === model.resolution_default ? "" : resolution, label: RESOLUTIONS[resolution],
    }));
    return choiceField(form, "resolution", "Resolution", options, {});
}

function audioField(form, model) {
    if (model.audio === "always")
        return h("div", { class: "field" }, h("span", { class: "label" }, "Sound"),
            h("p", { class: "hint" }, "This model's films always have sound."));
    if (model.audio !== "optional")
        return null;
    return choiceField(form, "enable_audio", "Sound", [
        { value: "", label: "Auto" }, { value: "true", label: "On" }, { value: "false", label: "Off" },
    ]);
}

function shape(form, model) {
    return h("div", { class: "pair" }, [secondsField, ratioField, resolutionField, audioField]
        .map((make) => make(form, model)));
}

// ---- the advanced fold -------------------------------------------------------------------------------------------

function optionRow(form, row, redraw) {
    const id = `option-${row.key}`;
    const write = (event) => {
        form.draft.options = { ...form.draft.options, [row.key]: event.target.value };
        form.changed(`provider_options.${row.key}`);
    };
    const values = row.values?.split("|").map((value) => ({ value, label: value }));
    const input = values ? select(values, form.draft.options[row.key], { id, onchange: write })
        : h("input", { id, value: form.draft.options[row.key], autocomplete: "off", oninput: write });
    return h("div", { class: "field option", "data-names": `provider_options.${row.key}` },
        h("label", { for: id, class: "mono" }, row.key),
        h("div", { class: "joined" }, input,
            h("button", { type: "button", class: "quiet", "aria-label": `Remove ${row.key}`, onclick: () => {
                const { [row.key]: gone, ...rest } = form.draft.options;
                form.draft.options = rest;
                redraw();
                form.changed("provider_options");
            } }, "Remove")),
        h("p", { class: "hint" }, row.help),
        h("p", { class: "error", hidden: true }));
}

function optionsField(form, provider) {
    const rows = provider.provider_options ?? [];
    const list = h("div", { class: "options" });
    const draw = () => {
        const set = form.draft.options;
        const free = rows.filter(({ key }) => !(key in set));
        const add = select([{ value: "", label: "Add an option" },
            ...free.map(({ key, help }) => ({ value: key, label: key, title: help }))], "", {
            id: "add-option", "aria-label": `Options of ${provider.title}`,
            onchange: (event) => {
                const row = rows.find(({ key }) => key === event.target.value);
                form.draft.options = { ...set, [row.key]: row.values?.split("|")[0] ?? "" };
                draw();
                document.getElementById(`option-${row.key}`).focus();
                form.changed(`provider_options.${row.key}`);
            },
        });
        list.replaceChildren(...rows.filter(({ key }) => key in set).map((row) => optionRow(form, row, draw)),
            ...free.length ? [add] : []);
    };
    draw();
    return h("div", { class: "field wide", "data-names": "provider_options" },
        h("span", { class: "label" }, `Options of ${provider.title}`), list,
        h("p", { class: "error", hidden: true }));
}

function advanced(form, provider, ...fields) {
    const present = fields.filter(Boolean);
    if (!present.length && !provider.provider_options?.length)
        return null;
    return h("details", { class: "advanced", open: form.advanced, ontoggle: (event) => {
        form.advanced = event.target.open;
    } },
    h("summary", null, "Advanced"),
    h("div", { class: "pair" }, present, provider.provider_options?.length > 0 && optionsField(form, provider)));
}

function generationExtras(form, provider, model) {
    const takes = (what) => model.takes.includes(what);
    return advanced(form, provider,
        takes("negative_prompt") && textField(form, "negative_prompt", "Negative prompt", {
            rows: 2, wide: true, hint: "What should not be seen.",
        }),
        takes("seed") && numberField(form, "seed", "Seed", {
            min: 0, max: SEED_MAX, step: 1, hint: "The same seed and wish give a similar film.",
        }),
        takes("guidance_scale") && numberField(form, "guidance_scale", "Guidance", {
            min: 0, step: "any", hint: "How closely the prompt is followed.",
        }),
        takes("scheduler") && textField(form, "scheduler", "Scheduler"),
        takes("enhance_prompt") && choiceField(form, "enhance_prompt", "Rewrite the prompt", [
            { value: "", label: "Auto" }, { value: "true", label: "Yes" }, { value: "false", label: "No" },
        ]));
}

// ---- films that are there ----------------------------------------------------------------------------------------

/* Finished films of the provider, by their job's id. */
function filmIdField(form, provider, hint) {
    const films = [...state.videos.values()].filter((video) => video.status === "completed"
        && video.golem_video.provider === provider.name);
    return [
        textField(form, "video_id", "Finished film", {
            names: ["video.video_id", "video"], hint, wide: true, list: "known",
        }),
        h("datalist", { id: "known" }, films.map((video) => h("option", { value: video.id }, title(video)))),
    ];
}

// ---- lip-sync ----------------------------------------------------------------------------------------------------

const LANGUAGES = { en: "English", zh: "Chinese" };

function voiceField(form, provider) {
    const list = h("select", { id: "voice_id", name: "voice_id", "aria-describedby": "voice_id-error",
        onchange: (event) => choose(event.target.selectedOptions[0]) });
    const choose = (option) => {
        form.draft.voice_id = option.value;
        form.draft.language = option.dataset.language;
        form.changed("voice_id");
    };
    const field = h("div", { class: "field", "data-name": "voice_id",
        "data-names": "voice_id audio.from_text.voice_id" },
    h("label", { for: "voice_id" }, "Voice"), list, h("p", { class: "error", id: "voice_id-error", hidden: true }));
    voices(provider.name).then((found) => {
        list.append(...Object.entries(LANGUAGES).map(([language, name]) => h("optgroup", { label: name },
            found.filter((voice) => voice.language === language).map((voice) =>
                h("option", { value: voice.voice_id, "data-language": language }, voice.name)))));
        if (form.draft.voice_id)
            list.value = form.draft.voice_id;
        if (list.selectedOptions[0])
            choose(list.selectedOptions[0]);
    }, () => list.append(h("option", { value: "" }, "The voices can't be listed now")));
    return field;
}

// ---- operations --------------------------------------------------------------------------------------------------

const EFFECTS = {
    "single.bloombloom": "Bloom", "single.dizzydizzy": "Dizzy", "single.fuzzyfuzzy": "Fuzzy",
    "single.squish": "Squish", "single.expansion": "Expansion", "single.anime_figure": "Figurine",
    "single.rocketrocket": "Rocket", "dual.hug": "Hug (two people)", "dual.kiss": "Kiss (two people)",
    "dual.heart_gesture": "Heart gesture (two people)",
};

const MAKERS = {
    generate(form, provider, model) {
        const takes = (...what) => what.some((one) => model.takes.includes(one));
        return [
            promptField(form, "Prompt", takes("text") ? null : "Beside it, this model wants something to begin with."),
            h("div", { class: "pair" },
                takes("image") && fileField(form, "first", "First picture", "image/*", {
                    names: ["input_reference", "input.image", "input"],
                }),
                takes("lastframe", "image_last") && fileField(form, "last", "Last picture", "image/*", {
                    names: ["lastframe"],
                }),
                takes("video") && fileField(form, "film", "Film to begin with", "video/*", { names: ["input.video"] })),
            shape(form, model),
            generationExtras(form, provider, model),
        ];
    },
    multi_image_generation: (form, provider, model) => [
        fileField(form, "images", "Pictures", "image/*", { names: ["input_images"], most: 10, wide: true }),
        promptField(form),
        shape(form, model),
        generationExtras(form, provider, model),
    ],
    generate_lip_sync: (form, provider) => [
        filmIdField(form, provider, "Its id; or attach a film below."),
        h("div", { class: "pair" },
            fileField(form, "film", "Film from this machine", "video/*", { names: ["video.video"] }),
            fileField(form, "sound", "A recording, instead of words", "audio/*", { names: ["audio.from_audio"] })),
        textField(form, "speech", "What is said", { names: ["audio", "audio.from_text"], rows: 3, wide: true }),
        h("div", { class: "pair" }, voiceField(form, provider), numberField(form, "speed", "Speed", {
            names: ["audio.from_text.speed"], min: 0.8, max: 2, step: 0.1, hint: "0.8 to 2; 1 is usual.",
        })),
        advanced(form, provider),
    ],
    extend_video: (form, provider) => [
        filmIdField(form, provider, "Its id."),
        promptField(form, "What happens next"),
        advanced(form, provider, textField(form, "negative_prompt", "Negative prompt", { rows: 2, wide: true })),
    ],
    upscale_video: (form, provider) => [
        fileField(form, "film", "Film", "video/*", { names: ["input"], wide: true }),
        advanced(form, provider),
    ],
    generate_video_effects(form, provider, model) {
        const effects = Object.entries(EFFECTS).map(([value, label]) => ({ value, label }));
        return [
            choiceField(form, "effect", "Effect", effects, { fallback: "single.squish", wide: true }),
            h("div", { class: "pair" },
                fileField(form, "picture", "Picture", "image/*", { names: ["input"] }),
                fileField(form, "second", "Second picture (two people)", "image/*", {
                    names: ["effect.dual.second_image"],
                })),
            h("div", { class: "pair" }, secondsField(form, model)),
            advanced(form, provider),
        ];
    },
};

export function controls(form, operation, provider, model) {
    return MAKERS[operation](form, provider, model).flat();
}
