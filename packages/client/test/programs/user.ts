/**
 * An ordinary Bun program with a cache: `bun user.ts PATH CONDUCT`. What it does while the cache says nothing is seen from outside.
 */
import { openCache } from "../../src/index.ts"

const [path = "", conduct] = process.argv.slice(2)
const say = (text: string) => process.stdout.write(`${text}\n`)
const open = (answerMillisMax: number) => openCache({ path, answerMillisMax, attemptsMax: 1 })

// Nothing is closed here: that is the point.
switch (conduct) {
  case "ends":
    await open(5000).findEndpoint("nothing")
    break
  case "asks":
    open(300)
      .findEndpoint("nothing")
      .catch((error) => say(error.reason.message))
    break
  case "idles":
    await open(5000).findEndpoint("nothing")
    Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => {} } })
    break
  case "waits":
    open(60_000)
      .findEndpoint("nothing")
      .catch((error) => say(error.message))
    break
  case "polls":
    // So often that also a busy machine lets it wake up more often than a patient one.
    setInterval(() => {}, 10)
    break
  case "spins": {
    const spin = () => setImmediate(spin)
    spin()
    break
  }
}
say("ready")
