// The server's HTTP interface: JSON calls, the token, and server-sent events read by fetch, since EventSource can't
// carry an Authorization header.

const TOKEN = "golem-video.token";
const SILENCE_MS_MAX = 45000; // the server speaks at least every 15 s

export class ApiError extends Error {
    /* status 0: no answer came. */
    constructor(status, message, { code = "", param = "", retryAfterMs = 0 } = {}) {
        super(message);
        Object.assign(this, { status, code, param, retryAfterMs });
    }
}

export const token = {
    get: () => sessionStorage.getItem(TOKEN),
    forget: () => sessionStorage.removeItem(TOKEN),
};

let wanted = null; // the question under way; all who need the answer share it
let askForToken = async () => null;
let tokenGiven = () => {};

/* `question(refused)` resolves with a token, or null where nobody gives one; `given` is called once it is in force. */
export function onTokenWanted(question, given) {
    askForToken = question;
    tokenGiven = given;
}

async function authorized(path, options) {
    for (;;) {
        const used = token.get();
        const headers = { ...options.headers, ...(used && { Authorization: `Bearer ${used}` }) };
        let answer;
        try {
            answer = await fetch(path, { ...options, headers });
        } catch (error) {
            if (error.name === "AbortError")
                throw error;
            throw new ApiError(0, "The server did not answer. Is it running, and is the network up?");
        }
        if (answer.status !== 401)
            return answer;
        if (token.get() !== used)
            continue;
        token.forget();
        wanted ??= askForToken(Boolean(used)).finally(() => {
            wanted = null;
        });
        const given = await wanted;
        if (!given)
            throw new ApiError(401, "This server wants a token. Without one nothing is shown, and nothing is done.");
        sessionStorage.setItem(TOKEN, given);
        tokenGiven();
    }
}

async function failure(answer) {
    let error = {};
    try {
        error = (await answer.json()).error ?? {};
    } catch {
        // a proxy's page, or nothing at all: the status has to do
    }
    const seconds = Number(answer.headers.get("retry-after")) || 0;
    return new ApiError(answer.status, error.message ?? `The server answered with status ${answer.status}.`, {
        code: error.code ?? "",
        param: error.param ?? "",
        retryAfterMs: Number(answer.headers.get("retry-after-ms")) || seconds * 1000,
    });
}

/* A JSON call. `body` is an object, a FormData or nothing. */
export async function call(method, path, { body, headers = {}, signal } = {}) {
    const json = body && !(body instanceof FormData);
    const answer = await authorized(path, {
        method,
        signal,
        headers: json ? { ...headers, "Content-Type": "application/json" } : headers,
        body: json ? JSON.stringify(body) : body,
    });
    if (!answer.ok)
        throw await failure(answer);
    return answer.json();
}

/* Where a job's parts are. */
export function jobPath(id, part) {
    return `v1/videos/${encodeURIComponent(id)}${part ? `/${part}` : ""}`;
}

/* One block of the event stream, or null for a comment. */
function parsed(block) {
    const event = { name: "message", data: [] };
    for (const line of block.split(/\r\n|\n|\r/)) {
        const [, field, value] = /^([^:]*):? ?(.*)$/.exec(line);
        if (field === "event")
            event.name = value;
        else if (field === "data")
            event.data.push(value);
    }
    return event.data.length || event.name !== "message"
        ? { name: event.name, data: event.data.length ? JSON.parse(event.data.join("\n")) : null } : null;
}

/* Server-sent events until the connection ends. `opened` is called once the server has taken the subscription. */
export async function* events(path, { signal, opened }) {
    const silence = new AbortController();
    let alarm;
    const heard = () => {
        clearTimeout(alarm);
        alarm = setTimeout(() => silence.abort(), SILENCE_MS_MAX);
    };
    const answer = await authorized(path, {
        headers: { Accept: "text/event-stream" },
        signal: AbortSignal.any([signal, silence.signal]),
    });
    if (!answer.ok)
        throw await failure(answer);
    opened();
    heard();
    try {
        const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
        let rest = "";
        for (;;) {
            const { value, done } = await reader.read();
            if (done)
                return;
            heard();
            const blocks = (rest + value).split(/\r\n\r\n|\n\n|\r\r/);
            rest = blocks.pop();
            yield* blocks.map(parsed).filter(Boolean);
        }
    } finally {
        clearTimeout(alarm);
    }
}
