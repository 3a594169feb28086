/** Finds connections and forgets them: `bun forgets.ts PATH COUNT`. It ends when the server has seen the end of each. */
import { openCache } from "../../src/index.ts"

const [path = "", count = ""] = process.argv.slice(2)
const cache = openCache({ path })
let ended = 0
const server = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => {}, close: () => void ended++ } })

const save = async (): Promise<void> => {
  const socket = await Bun.connect({ hostname: "127.0.0.1", port: server.port, socket: { data: () => {} } })
  await cache.saveEndpoint({ label: "forgotten", ttlSeconds: 60, socket })
}

/** In a function of its own: nothing of what it has found is in reach behind it. */
const find = async (): Promise<boolean> => {
  const found = await cache.findEndpoint("forgotten")
  return found !== undefined
}

process.on("warning", (warning) => console.log(`${warning.name}: ${warning.message.split(",")[0]}`))
for (let left = Number(count); left > 0; left--) await save()
for (let left = Number(count); left > 0; left--) if (!(await find())) throw new Error("nothing was found")
// The stack may still hold the last one for a while.
while (ended < Number(count) - 1) {
  Bun.gc(true)
  await new Promise<void>((resolve) => setImmediate(resolve))
}
await cache.close()
server.stop(true)
