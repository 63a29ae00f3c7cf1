// The server's OpenAPI document as a judge of answers.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import Ajv from 'ajv/dist/2020.js';

export function loadContract(path) {
  const document = JSON.parse(readFileSync(path, 'utf8'));
  const ajv = new Ajv({ strict: false, allErrors: true });
  ajv.addSchema(document, 'openapi');
  const operations = Object.entries(document.paths).flatMap(([pattern, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), pattern, operation })),
  );
  const pointer = (...parts) =>
    `openapi#/${parts.map((p) => encodeURIComponent(p.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')}`;

  // The answer is one that the document allows for this operation; else it is said what is wrong with it.
  function judge({ method, pattern, operation }, { status, type, text }) {
    const key = status in operation.responses ? String(status) : 'default';
    const response = operation.responses[key];
    const kinds = response.content;
    if (!kinds) return;
    assert.ok(type in kinds, `${method} ${pattern} ${status}: content type ${type}`);
    if (type !== 'application/json' || !kinds[type].schema) return;
    const body = JSON.parse(text);
    const validate = ajv.getSchema(
      pointer('paths', pattern, method.toLowerCase(), 'responses', key, 'content', type, 'schema'),
    );
    assert.ok(validate(body), `${method} ${pattern} ${status}: ${ajv.errorsText(validate.errors)}\n${text}`);
  }

  // A text that is JSON of one of the document's named schemas.
  function check(name, text) {
    const value = JSON.parse(text);
    const validate = ajv.getSchema(pointer('components', 'schemas', name));
    assert.ok(validate(value), `${name}: ${ajv.errorsText(validate.errors)}\n${text}`);
    return value;
  }
  return { document, operations, judge, check };
}

// Sends it, and reads a text or JSON answer; of a stream or a film only the head.
export async function ask(method, url, { headers, body } = {}) {
  const stop = new AbortController();
  const answer = await fetch(url, { method, headers, body, redirect: 'manual', signal: stop.signal });
  const type = (answer.headers.get('content-type') ?? '').split(';')[0];
  const readable = type === 'application/json' || type === 'text/plain' || type === 'text/html';
  const text = readable ? await answer.text() : '';
  if (!readable) stop.abort();
  return { status: answer.status, type, text, headers: answer.headers };
}
