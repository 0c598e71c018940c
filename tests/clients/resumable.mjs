// Uploads bytes with the client that Supabase's documents name, and tells how far it is.
//
// Standard input: {"endpoint", "headers", "metadata", "content" (base64), "chunkSize", "retryDelays", "pauseAt"}.
// With "pauseAt" it gives up at that offset, and a second upload of the same file finds where the first one was.
// Standard output: a line of JSON for each chunk, {"offset"}, and at the end {"url", "resumedAt"} or {"error"}.
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as tus from 'tus-js-client'

const chunks = []
for await (const chunk of process.stdin) chunks.push(chunk)
const { endpoint, headers, metadata, content, chunkSize, retryDelays = [], pauseAt } = JSON.parse(Buffer.concat(chunks).toString('utf8'))
const bytes = Buffer.from(content, 'base64')
const urlStorage = new tus.FileUrlStorage(join(mkdtempSync(join(tmpdir(), 'carebase-tus-')), 'uploads.json'))
const tell = (said) => process.stdout.write(`${JSON.stringify(said)}\n`)

function upload (each) {
  return new Promise((resolve, reject) => {
    const going = new tus.Upload(bytes, {
      endpoint,
      headers,
      metadata,
      chunkSize,
      retryDelays,
      urlStorage,
      uploadDataDuringCreation: true,
      removeFingerprintOnSuccess: true,
      fingerprint: async () => 'the same file',
      onChunkComplete: (size, offset) => each(going, offset, resolve),
      onError: reject,
      onSuccess: () => resolve(going)
    })
    going.findPreviousUploads().then((found) => {
      if (found.length) going.resumeFromPreviousUpload(found[0])
      going.start()
    }, reject)
  })
}

try {
  let resumedAt = null
  if (pauseAt) {
    await upload(async (going, offset, resolve) => {
      tell({ offset })
      if (offset >= pauseAt) {
        await going.abort()
        resolve()
      }
    })
  }
  const done = await upload((going, offset) => {
    resumedAt ??= offset
    tell({ offset })
  })
  tell({ url: done.url, resumedAt })
} catch (error) {
  tell({ error: String(error) })
  process.exitCode = 1
}
