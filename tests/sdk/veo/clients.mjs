// The official clients, sent to the sandbox: by their own options, with the service account of `sandbox env`.
import assert from 'node:assert/strict';
import { createVertex } from '@ai-sdk/google-vertex';
import { GoogleGenAI } from '@google/genai';
import { GoogleAuth } from 'google-auth-library';

const { VEO_PROJECT_ID, VEO_CLIENT_EMAIL, VEO_PRIVATE_KEY, VEO_TOKEN_URI, VEO_STORAGE_BASE_URL } = process.env;
const location = 'us-central1';

// The auth library knows one token server by name, and is given the sandbox's in its place.
function fetchToken(url, request) {
  assert.equal(String(url), 'https://oauth2.googleapis.com/token');
  return fetch(VEO_TOKEN_URI, request);
}

export const googleAuthOptions = {
  credentials: { client_email: VEO_CLIENT_EMAIL, private_key: VEO_PRIVATE_KEY.replaceAll('\\n', '\n') },
  scopes: ['https://www.googleapis.com/auth/cloud-platform'],
  clientOptions: { transporterOptions: { fetchImplementation: fetchToken } },
};

export function genaiClient(baseUrl, { project = VEO_PROJECT_ID, auth = googleAuthOptions } = {}) {
  return new GoogleGenAI({ vertexai: true, project, location, googleAuthOptions: auth, httpOptions: { baseUrl } });
}

export function vertexClient(baseUrl) {
  const baseURL = `${baseUrl}/v1/projects/${VEO_PROJECT_ID}/locations/${location}/publishers/google`;
  return createVertex({ project: VEO_PROJECT_ID, location, baseURL, googleAuthOptions });
}

export async function finished(client, operation) {
  while (!operation.done) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    operation = await client.operations.getVideosOperation({ operation });
  }
  return operation;
}

const auth = new GoogleAuth(googleAuthOptions);

// The content of gs://bucket/object.
export async function fetchObject(uri) {
  const [, bucket, name] = /^gs:\/\/([^/]+)\/(.+)$/.exec(uri);
  const url = `${VEO_STORAGE_BASE_URL}/storage/v1/b/${bucket}/o/${encodeURIComponent(name)}?alt=media`;
  const answer = await fetch(url, { headers: await auth.getRequestHeaders() });
  assert.equal(answer.status, 200);
  return { data: new Uint8Array(await answer.arrayBuffer()), mediaType: answer.headers.get('content-type') };
}
