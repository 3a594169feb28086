/** Sends ends of socket pairs: `bun sendPlain.ts PATH TYPE COUNT [BYTES]`. Prints their cookies, which are the same in every process. */
import { makeSocketPair, sendDescriptors } from "../../src/plain/index.ts"
import { kernelCalls } from "../support/machines.ts"

const [path = "", type, count, bytes] = process.argv.slice(2)
const socketType = type === "seqpacket" ? "seqpacket" : "stream"
const pairs = Array.from({ length: Number(count) }, () => makeSocketPair())
const sent = pairs.map(([near]) => near)
await sendDescriptors(path, sent, { type: socketType, ...(bytes !== undefined && { bytes }) })
console.log(JSON.stringify(sent.map((each) => kernelCalls.socketCookie(each))))
