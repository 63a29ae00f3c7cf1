// What two clients say on the wire for the same wish: both are recorded on their way to the sandbox and compared as
// trees. A difference must be stated with its reason, and one that is stated must be there.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { promisify } from 'node:util';

const { GOLEM_VIDEO } = process.env;

// Stands before the sandbox at `origin` and keeps every POST of JSON. `take` gives them out and forgets them.
export async function startRecorder(origin) {
  let said = [];
  const server = createServer(async (from, to) => {
    const chunks = [];
    for await (const chunk of from) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const type = from.headers['content-type'] ?? '';
    if (from.method === 'POST' && type.startsWith('application/json'))
      said.push({ path: from.url, type, headers: from.headers, body: JSON.parse(body) });
    const { expect, host, 'transfer-encoding': encoding, ...headers } = from.headers;
    if (body.length > 0) headers['content-length'] = body.length;
    const onward = request(new URL(from.url, origin), { method: from.method, headers }, (answer) => {
      to.writeHead(answer.statusCode, answer.headers);
      answer.pipe(to);
    });
    onward.on('error', (error) => to.destroy(error));
    onward.end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    take() {
      const taken = said;
      said = [];
      return taken;
    },
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}

export async function golemVideo(words, environment) {
  const env = { ...process.env, ...environment };
  await promisify(execFile)(GOLEM_VIDEO, [...words, '--quiet'], { env });
}

const isTree = (value) => value !== null && typeof value === 'object';

// { path: [what the SDK has there, what golem-video has] } wherever the two differ. An object left out is empty.
function differences(sdk, ours, path = '') {
  if (!isTree(sdk ?? ours) || !isTree(ours ?? sdk)) return Object.is(sdk, ours) ? {} : { [path]: [sdk, ours] };
  const keys = new Set([...Object.keys(sdk ?? {}), ...Object.keys(ours ?? {})]);
  const below = [...keys].map((key) => differences(sdk?.[key], ours?.[key], path ? `${path}.${key}` : key));
  return Object.assign({}, ...below);
}

export function assertSame(wish, sdk, ours, exceptions) {
  assert.deepEqual(differences(sdk, ours), exceptions, `${wish}: [what the SDK says, what golem-video says]`);
}
