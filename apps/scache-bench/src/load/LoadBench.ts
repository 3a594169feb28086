import type { Batching, ReceiveBuffer, SystemCalls } from "@scached/fdpass"
import type { CacheModel } from "../truth/CacheModel.ts"
import type { ConnectionPool } from "../truth/ConnectionPool.ts"
import type { ViolationLog } from "../truth/ViolationLog.ts"
import type { RequestBytes } from "../workload/RequestBytes.ts"
import type { Conversation } from "./Conversation.ts"
import { LoadCalls } from "./LoadCalls.ts"
import { makeReplyView, type ReplyView } from "./replies.ts"

/** What all clients of one server share in a round. */
export interface LoadBench {
  readonly calls: SystemCalls["Service"]
  /** What conversations send and close with. */
  readonly out: LoadCalls<Conversation>
  /** For looks at far ends. */
  readonly buffer: ReceiveBuffer
  readonly bytes: RequestBytes
  readonly pool: ConnectionPool
  readonly model: CacheModel
  readonly log: ViolationLog
  readonly view: ReplyView
  /** Whether answers must be those of a cache; a server that only moves the bytes is not held to it. */
  readonly isChecked: boolean
  /** Whether the last dummy of a find goes by itself instead of together with the next request. */
  readonly isDummyApart: boolean
}

/** As many bytes as a server may answer with at once: two properties of the longest requests. */
const receiveBytesMax = 131_072

/** Makes what a round's clients share. */
export const makeLoadBench = (parts: Omit<LoadBench, "buffer" | "out" | "view">, batching: Batching): LoadBench => ({
  ...parts,
  out: new LoadCalls(parts.calls, receiveBytesMax, batching),
  buffer: parts.calls.makeReceiveBuffer(1),
  view: makeReplyView()
})
