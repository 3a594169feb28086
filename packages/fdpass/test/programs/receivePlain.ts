/** Receives over descriptor 3, with what room there is: prints the error's name, and how many descriptors were left open by it. */
import { readdirSync } from "node:fs"
import { receiveDescriptors } from "../../src/plain/index.ts"

const openCount = () => readdirSync("/proc/self/fd").length

const before = openCount()
const outcome = await receiveDescriptors(3, { count: 200 }).catch((error) => error)
console.log(outcome instanceof Error ? outcome.name : "received", openCount() - before)
