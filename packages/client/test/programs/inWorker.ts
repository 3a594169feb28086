/** Asks from within a Worker, whose event loop is another one: `bun inWorker.ts PATH`. */
import { openCache } from "../../src/index.ts"

if (Bun.isMainThread) {
  const worker = new Worker(import.meta.path, { argv: process.argv.slice(2) })
  worker.onmessage = ({ data }) => {
    console.log(data)
    worker.terminate()
  }
} else {
  await using cache = openCache({ path: process.argv[2] ?? "" })
  const found = await Promise.all(Array.from({ length: 20 }, () => cache.findEndpoint("nothing")))
  postMessage(`${found.filter((each) => each === undefined).length} answers`)
}
