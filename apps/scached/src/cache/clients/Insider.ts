import type { Descriptor } from "@scached/fdpass"
import { Reply, type Request, type ServerSession } from "@scached/protocol"
import type { Watcher } from "../inspection/EventFeed.ts"
import type { Report } from "../inspection/Report.ts"
import type { ClientContext } from "./ClientContext.ts"

/** The way to a client. */
export interface Outbound {
  /** How many bytes may wait for it. */
  readonly bytesMax: number
  /** How many do; `Infinity` when it is gone. */
  readonly pendingBytes: () => number
  /** Sends what the session has to say. */
  readonly send: () => void
  /** It has read some of what waited. */
  readonly onProgress: () => void
}

/** A client that looks into the cache: the answer that it is being given, and its place among those who watch. */
export class Insider {
  readonly #context: Pick<ClientContext, "cache" | "inspector">
  readonly #session: ServerSession<Descriptor>
  readonly #outbound: Outbound
  /** What waited for it after the last write. */
  #pendingBytes = 0
  #report: Report | undefined
  #watcher: Watcher | undefined

  constructor(
    context: Pick<ClientContext, "cache" | "inspector">,
    session: ServerSession<Descriptor>,
    outbound: Outbound
  ) {
    this.#context = context
    this.#session = session
    this.#outbound = outbound
  }

  /** Whether there is more of an answer, which `continue` gives. */
  get isReporting(): boolean {
    return this.#report !== undefined
  }

  begin(inspection: Request.Inspection): void {
    if (inspection._tag !== "Watch") {
      this.#report = this.#context.inspector.begin(inspection, this.#outbound.bytesMax)
      return
    }
    this.#session.report(Reply.encode({ _tag: "StatusReply", status: Reply.Status.ok }), false)
    this.#watcher = this.#context.cache.events.watch((text) => this.#tell(text))
  }

  /** Sends events; false where there is no room for them, beside those that the client has not read yet. */
  #tell(text: string): boolean {
    const outbound = this.#outbound
    const pendingBytes = outbound.pendingBytes()
    if (pendingBytes < this.#pendingBytes) outbound.onProgress()
    this.#pendingBytes = pendingBytes
    if (pendingBytes + text.length > outbound.bytesMax) return false
    this.#session.report(Buffer.from(text, "latin1"), false)
    outbound.send()
    this.#pendingBytes = outbound.pendingBytes()
    return true
  }

  /** Gives the session the next part of the answer: a turn's work. */
  continue(): void {
    if (this.#report === undefined) return
    const { bytes, isLast } = this.#report.next()
    if (isLast) this.#report = undefined
    this.#session.report(bytes, isLast)
  }

  /** The client has read all that was sent. */
  drained(): void {
    this.#watcher?.drained()
  }

  close(): void {
    if (this.#watcher !== undefined) this.#context.cache.events.unwatch(this.#watcher)
  }
}
