/** `faultyServer.ts FAULT SOCKET`: serves a cache with one fault. */
import { Reactors } from "@scached/reactor"
import { faults, serveFaulty } from "./FaultyCache.ts"

const [name = "", path = ""] = process.argv.slice(2)
const fault = faults.find((each) => each === name)
if (fault === undefined || path === "")
  throw new Error(`usage: faultyServer.ts FAULT SOCKET, with ${faults.join(", ")}`)
Reactors.runMain(serveFaulty(fault, path), {
  exitCode: (exit) => (Reactors.wasInterrupted(exit) && fault !== "end badly" ? 0 : 7)
})
