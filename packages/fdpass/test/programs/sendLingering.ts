/**
 * `sendLingering.ts PATH`: sends a TCP socket that lingers for an hour to whoever listens at the path, and keeps the other end until it
 * is killed.
 */
import { lingering } from "../support/lingering.ts"
import { kernelCalls as calls, must } from "../support/machines.ts"

const socket = must(calls.socket())
const connected = calls.connect(socket, process.argv[2] ?? "")
if (connected < 0) throw new Error(`not connected: errno ${-connected}`)
const cargo = lingering()
calls.sendDescriptor(socket, cargo)
// The message holds it until it is received: this is not the last copy.
cargo.close()
setInterval(() => {}, 1_000_000)
