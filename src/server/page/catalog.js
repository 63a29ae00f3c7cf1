// What the providers' models take, as the server lists it: which operations there are, and who can do them.

import { call } from "./api.js";

/* Which of a model's `takes` make it fit for an operation. An operation without any is the provider's own matter:
 * it is there unless the provider says `unsupported`. */
const NEEDS = {
    generate: ["text", "image", "video"],
    multi_image_generation: ["multi_image_generation"],
    generate_video_effects: ["generate_video_effects"],
    upscale_video: ["upscale_video"],
    extend_video: ["extend_video"],
    generate_lip_sync: [],
};

/* Operations in which the caller chooses a model. */
const CHOOSES_MODEL = ["generate", "multi_image_generation", "generate_video_effects"];

let loading = null;

async function load() {
    const { data, providers } = await call("GET", "v1/videos/models");
    return providers.map((provider) => ({
        ...provider,
        models: data.filter((model) => model.provider === provider.name),
    }));
}

/* Asked once; a failure may be asked again. */
export function catalog() {
    loading ??= load().catch((error) => {
        loading = null;
        throw error;
    });
    return loading;
}

export function choosesModel(operation) {
    return CHOOSES_MODEL.includes(operation);
}

export function canDo(provider, operation) {
    if (provider.unsupported[operation.replaceAll("_", "-")])
        return false;
    const needs = NEEDS[operation];
    return needs.length === 0 || provider.models.some((model) => needs.some((need) => model.takes.includes(need)));
}

/* Models for an operation: those sold today; retired ones only where there is no other. */
export function modelsFor(provider, operation) {
    const fit = provider.models.filter((model) => NEEDS[operation].some((need) => model.takes.includes(need)));
    const living = fit.filter((model) => !model.retired_on);
    return living.length ? living : fit;
}

/* Who is taken where nobody has been chosen: with credentials, and not one that wants to be asked for by name. */
export function preferred(providers) {
    return providers.find((provider) => provider.configured && !provider.by_name_only)
        ?? providers.find((provider) => provider.configured) ?? providers[0];
}

let voiceLists = {};
export function voices(provider) {
    voiceLists[provider] ??= call("GET", `v1/voices?${new URLSearchParams({ provider })}`).then(({ data }) => data);
    return voiceLists[provider];
}
