// From the form to a request: {tree, files}, where the tree is JSON and each file has the bracketed name under which
// it belongs into the tree.

const NUMBERS = ["seed", "guidance_scale"];

const ALWAYS = ["operation", "provider", "model", "options", "language"];

/* What has been filled in for another model or operation waits, and is not sent. */
function visible({ draft, files, shown }) {
    const keep = (name) => ALWAYS.includes(name) || shown.has(name);
    return {
        draft: Object.fromEntries(Object.entries(draft).filter(([name]) => keep(name))),
        files: new Map([...files].filter(([name]) => keep(name))),
    };
}

function filesOf(form, name) {
    return form.files.get(name) ?? [];
}

export function attached(form) {
    return [...visible(form).files.values()].flat();
}

function configOf(draft) {
    const config = {};
    for (const name of ["negative_prompt", "scheduler", "aspect_ratio", "resolution"])
        if (draft[name])
            config[name] = draft[name];
    for (const name of NUMBERS)
        if (draft[name])
            config[name] = Number(draft[name]);
    for (const name of ["enable_audio", "enhance_prompt"])
        if (draft[name])
            config[name] = draft[name] === "true";
    if (Object.keys(draft.options).length)
        config.provider_options = draft.options;
    return config;
}

function withOptions(draft, members) {
    return Object.keys(draft.options).length ? { ...members, provider_options: draft.options } : members;
}

/* A film that is named by a job's id, else one that is attached. */
function sourceFilm(form, name, files) {
    const [film] = filesOf(form, "film");
    if (film)
        files.push([name, film]);
    return film ? {} : { video_id: form.draft.video_id ?? "" };
}

const MAKERS = {
    generate(form, files) {
        const [first] = filesOf(form, "first");
        const [last] = filesOf(form, "last");
        const [film] = filesOf(form, "film");
        const gv = { config: configOf(form.draft) };
        if (first)
            files.push(["input_reference", first]);
        if (last && (first || film))
            files.push(["golem_video[config][lastframe]", last]);
        else if (last) {
            files.push(["golem_video[input][image][data]", last]);
            gv.input = { image: { role: "last" } };
        }
        if (film)
            files.push(["golem_video[input][video]", film]);
        return gv;
    },
    multi_image_generation(form, files) {
        filesOf(form, "images").forEach((image) => files.push(["golem_video[input_images][]", image]));
        return { config: configOf(form.draft) };
    },
    generate_lip_sync(form, files) {
        const { draft } = form;
        const gv = withOptions(draft, {});
        const video = sourceFilm(form, "golem_video[video][video]", files);
        if (video.video_id !== undefined)
            gv.video = video;
        const [sound] = filesOf(form, "sound");
        if (sound)
            files.push(["golem_video[audio][from_audio]", sound]);
        else
            gv.audio = { from_text: {
                text: draft.speech ?? "", voice_id: draft.voice_id ?? "",
                ...(draft.language && { language: draft.language }), speed: Number(draft.speed || 1),
            } };
        return gv;
    },
    extend_video: ({ draft }) => withOptions(draft, {
        video_id: draft.video_id ?? "", ...(draft.negative_prompt && { negative_prompt: draft.negative_prompt }),
    }),
    upscale_video(form, files) {
        const [film] = filesOf(form, "film");
        if (film)
            files.push(["golem_video[input]", film]);
        return withOptions(form.draft, {});
    },
    generate_video_effects(form, files) {
        const { draft } = form;
        const [picture] = filesOf(form, "picture");
        const [second] = filesOf(form, "second");
        if (picture)
            files.push(["golem_video[input]", picture]);
        const [kind, effect] = (draft.effect ?? "single.squish").split(".");
        if (kind === "dual" && second)
            files.push(["golem_video[effect][dual][second_image]", second]);
        return withOptions(draft, { effect: kind === "dual" ? { dual: { effect } } : { single: effect },
            ...(draft.mode && { mode: draft.mode }) });
    },
};

/* What the form asks for. */
export function compose(form) {
    const filled = visible(form);
    const { draft } = filled;
    const files = [];
    const gv = MAKERS[draft.operation](filled, files);
    const tree = { golem_video: { operation: draft.operation, provider: draft.provider, ...gv } };
    if (draft.model)
        tree.model = `${draft.provider}/${draft.model}`;
    if (draft.prompt)
        tree.prompt = draft.prompt;
    if (draft.seconds)
        tree.seconds = draft.seconds;
    return { tree, files };
}

function* flat(value, name) {
    if (Array.isArray(value))
        for (const item of value)
            yield* flat(item, `${name}[]`);
    else if (typeof value === "object")
        for (const [key, member] of Object.entries(value))
            yield* flat(member, name ? `${name}[${key}]` : key);
    else
        yield [name, String(value)];
}

/* As a request's body: JSON, or a form where there are files. */
export function pack({ tree, files }) {
    if (!files.length)
        return tree;
    const body = new FormData();
    for (const [name, text] of flat(tree, ""))
        body.append(name, text);
    for (const [name, file] of files)
        body.append(name, file, file.name);
    return body;
}
