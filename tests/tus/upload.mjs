// Uploads a file with the official client. Takes its orders as JSON, prints what became of it as JSON.
import { readFileSync } from "node:fs";
import { Upload } from "tus-js-client";

const asked = JSON.parse(process.argv[2]);
const bytes = readFileSync(asked.file);
const told = { retries: 0, pieces: 0 };

function say(outcome, more) {
  console.log(JSON.stringify({ outcome, url: upload.url, ...told, ...more }));
}

const upload = new Upload(bytes, {
  endpoint: asked.endpoint,
  uploadUrl: asked.uploadUrl ?? null,
  chunkSize: asked.chunk ?? Infinity,
  uploadDataDuringCreation: asked.withCreation ?? false,
  metadata: { name: asked.name },
  headers: { Authorization: `Bearer ${asked.token}` },
  // A cut is tried again at once: the test has no time to wait.
  retryDelays: Array(20).fill(0),
  onShouldRetry: (error, attempt, options) => {
    told.retries += 1;
    const status = error.originalResponse?.getStatus() ?? 0;
    return status === 0 || status >= 500 || status === 409 || status === 423;
  },
  onChunkComplete: (size, sent) => {
    told.pieces += 1;
    if (asked.stopAt && sent >= asked.stopAt) {
      upload.abort(asked.giveUp ?? false).then(() => say("stopped", { sent }));
    }
  },
  onError: (error) => say("failed", { error: String(error) }),
  onSuccess: () => say("sent", {}),
});
upload.start();
