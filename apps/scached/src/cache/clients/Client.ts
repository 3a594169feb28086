import {
  type Descriptor,
  Errno,
  type Outcome,
  type PeerCredentials,
  SocketKind,
  type SystemCallError,
  systemCallError
} from "@scached/fdpass"
import { type OctetString, Reply, Request, ServerSession, type ServerStep } from "@scached/protocol"
import { Channel, type ChannelHandler } from "@scached/reactor"
import { Result } from "effect"
import { printableLabel } from "../../log/printable.ts"
import type { CachedDescriptorOwner } from "../CachedDescriptor.ts"
import { type Found, unwatchable } from "../ConnectionCache.ts"
import { partingOf } from "../farewell/partingOf.ts"
import type { ClientContext } from "./ClientContext.ts"
import { ClientLog } from "./ClientLog.ts"
import { DebtClock } from "./DebtClock.ts"
import { HandOver } from "./HandOver.ts"
import { Insider } from "./Insider.ts"

/** Steps taken for one client in one turn of the loop: one that sends without end gets no more than that while others wait. */
const stepsPerTurnMax = 8

type Step = ServerStep<Descriptor>

/**
 * One connected client: its protocol session, driven by its socket.
 *
 * Plain code that the loop calls, since every request passes here; what must be released belongs to scopes all the same. Every
 * exchange is a state of the session and never a wait: a client that stalls costs the others nothing.
 */
export class Client implements ChannelHandler {
  readonly readsTogether = true
  readonly peer: PeerCredentials
  readonly #context: ClientContext
  readonly #session: ServerSession<Descriptor>
  readonly #outputBytesMax: number
  #channel: Channel | undefined
  #isEnding = false
  #isSilent = true
  #isClosed = false
  /** True while `Channel.sendDescriptor` runs: its callback may come within it, and must not enter `#advance` again. */
  #isSending = false
  /** The last read brought a descriptor that there was no room for. */
  #isDescriptorLost = false
  /** What the connections share that it saves. */
  readonly #owner: CachedDescriptorOwner
  readonly #log: ClientLog
  readonly #debt: DebtClock
  readonly #handOver: HandOver
  /** Made once it looks into the cache. */
  #insider: Insider | undefined

  constructor(context: ClientContext, peer: PeerCredentials) {
    this.#context = context
    this.peer = peer
    this.#owner = context.cache.ownerFor(peer)
    this.#log = new ClientLog(context.journal, peer)
    this.#handOver = new HandOver(context.cache, peer)
    this.#debt = new DebtClock(context.loop, context.settings, () => this.#timeOut())
    const { isGreeting, outputBytesMax, requestBytesMax } = context.settings.current
    this.#outputBytesMax = outputBytesMax
    this.#session = new ServerSession<Descriptor>({ requestBytesMax, greeting: isGreeting })
  }

  /** Takes the client's socket over and greets it; the error says why the socket could not be watched, and is closed. */
  open(socket: Descriptor): SystemCallError | undefined {
    const channel = Channel.open(this.#context.loop, socket, this, this.#outputBytesMax)
    if (!(channel instanceof Channel)) return channel
    this.#channel = channel
    this.#log.verbose("connect")
    this.#guarded(() => this.#advance())
    return undefined
  }

  onReceive(bytes: Uint8Array, descriptor: Descriptor | undefined, wasTruncated: boolean): void {
    this.#isSilent = false
    this.#isDescriptorLost = wasTruncated && descriptor === undefined
    // Not through #guarded: a closure for each read would be a third of what a request leaves to the garbage collector.
    try {
      this.#session.push(bytes, descriptor)
      this.#advance()
    } catch (defect) {
      this.#failed(defect)
    }
  }

  onDrained(): void {
    if (this.#isEnding) return this.close("disconnect after its last answer")
    this.#guarded(() => {
      this.#insider?.drained()
      this.#advance()
    })
  }

  onBlocked(): void {
    const channel = this.#channel
    if (channel === undefined || !this.#isHeard(channel)) return
    this.#waitForReader()
  }

  onEnd(error: SystemCallError | undefined): void {
    // A reset says that the client left bytes unread. The descriptor's byte is the last one sent in a hand-over, so it was among
    // them, and the client has no copy of the connection.
    if (this.#handOver.found !== undefined && error?.errno === Errno.ECONNRESET) this.#handOver.putBack()
    // A program that only checks for a server disconnects without reading the greeting: that is no error.
    if (error === undefined || this.#isSilent) this.close("disconnect")
    else this.close(`disconnect: ${error.message}`)
  }

  /** Applies the present settings: who may connect, and how long a client may owe something. */
  settingsChanged(): void {
    const { loop, settings } = this.#context
    const socket = this.#channel?.socket
    if (socket !== undefined && settings.current.access?.admitsAt(socket, this.peer, loop.calls) === false) {
      this.#log.warning(`disconnected, its user may no longer connect; see scached_allow_users`)
      return this.close("disconnect: its user may no longer connect")
    }
    this.#debt.settingsChanged()
  }

  /** Releases everything that belongs to this client, once; `reason` is for the verbose log. */
  close(reason: string): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#debt.close()
    this.#insider?.close()
    const { descriptor, handOver } = this.#session.close()
    if (descriptor !== undefined) this.#context.loop.calls.letGo(descriptor)
    // Sent and read, only the receipt is missing: the client may have used it, so no other client may get it.
    if (handOver === "sent") this.#handOver.settle()
    else this.#handOver.putBack()
    this.#log.verbose(reason)
    const leave = () => this.#context.onClosed(this)
    if (this.#channel === undefined) leave()
    else this.#channel.close(leave)
  }

  /** Keeps a defect in one client's handling from ending everybody's. */
  #guarded(work: () => void): void {
    try {
      work()
    } catch (defect) {
      this.#failed(defect)
    }
  }

  #failed(defect: unknown): void {
    this.#log.warning(`closed after an internal error: ${String(defect)}`)
    this.close("disconnect after an internal error")
  }

  /** Takes steps until the client must send more, must read more, or has had its turn. */
  #advance(): void {
    const channel = this.#channel
    if (channel === undefined) return
    const session = this.#session
    for (let left = stepsPerTurnMax; ; left--) {
      if (!this.#flush(channel)) return
      // The descriptor may be still to be sent; its callback goes on from here.
      if (channel.isBlocked || session.state === "sending the descriptor") return this.#waitForReader()
      if (left === 0) return this.#rest(channel)
      if (this.#insider?.isReporting === true) {
        this.#debt.paid()
        this.#insider.continue()
        left = 1
        continue
      }
      const step = session.next()
      if (step._tag === "Idle") {
        if (this.#flush(channel)) this.#watchDebt()
        return
      }
      // A step of an exchange is progress: what the client owes after it is a new debt, also where its exchanges follow without a pause. A
      // descriptor or a dummy that nothing asked for is none, or a client could keep what it has found for as long as it sends those.
      if (step._tag !== "Stray" && step._tag !== "Skipped") this.#debt.paid()
      this.#take(step, channel)
      if (this.#isClosed || this.#isEnding) return
    }
  }

  /** Sends what the session has to say; false when the client is gone. */
  #flush(channel: Channel): boolean {
    const output = this.#session.output()
    if (output !== undefined && !channel.send(output)) {
      this.#context.notices.reached("outputBytesMax")
      this.close("disconnect: its answer is too long")
    }
    return this.#isHeard(channel)
  }

  /** False when the client no longer receives answers: its remaining requests are not worth the time of the other clients. */
  #isHeard(channel: Channel): boolean {
    if (!this.#isClosed && channel.sendFailure !== undefined) {
      this.close("disconnect: it left without reading its answers")
    }
    return !this.#isClosed
  }

  /** It does not read: what it has sent along for nothing is not kept meanwhile. */
  #waitForReader(): void {
    const stray = this.#session.takeStray()
    if (stray !== undefined) this.#context.loop.calls.letGo(stray)
    this.#session.retain()
    this.#watchDebt()
  }

  #rest(channel: Channel): void {
    this.#session.retain()
    channel.pause()
    this.#context.loop.postpone(() => {
      if (this.#isClosed) return
      channel.resume()
      this.#guarded(() => this.#advance())
    })
  }

  #take(step: Exclude<Step, { readonly _tag: "Idle" }>, channel: Channel): void {
    switch (step._tag) {
      case "SaveEndpoint":
        return this.#saveEndpoint(step.request, step.descriptor)
      case "FindEndpoint":
        return this.#find(step.request, this.#context.cache.findEndpoint(step.request.label))
      case "SaveDestination":
        return this.#saveDestination(step.request)
      case "FindDestination":
        return this.#find(step.request, this.#context.cache.findDestination(step.request.label))
      case "Inspect":
        return this.#inspect(step.inspection, channel)
      case "SendDescriptor":
        return this.#sendDescriptor(channel)
      case "HandedOver":
        return this.#handOver.settle()
      case "HandOverRefused":
        this.#log.complain(step.error.message)
        if (step.descriptorSent) this.#handOver.settle()
        else this.#handOver.putBack()
        return step.fatal ? this.#endAfterOutput(channel) : undefined
      case "Malformed":
        if (step.error._tag === "RequestTooLarge") this.#context.notices.reached("requestBytesMax")
        this.#context.cache.statistics.count("malformedRequests")
        this.#log.complain(step.error.message)
        return step.fatal ? this.#endAfterOutput(channel) : undefined
      case "Stray":
        return this.#context.loop.calls.letGo(step.descriptor)
      case "Skipped":
        return
    }
  }

  #saveEndpoint(request: Request.SaveEndpoint, descriptor: Descriptor | undefined): void {
    if (descriptor === undefined) {
      if (this.#isDescriptorLost) this.#context.cache.statistics.count("lostDescriptors")
      this.#log.complain(
        this.#isDescriptorLost
          ? "save_endp: its descriptor was lost, this process or the system has none left; see RLIMIT_NOFILE"
          : "save_endp without a descriptor: the byte came, the descriptor did not"
      )
      return this.#session.replyStatus(Reply.Status.failed)
    }
    if (!this.#context.cache.canWatch(descriptor)) {
      this.#context.loop.calls.letGo(descriptor)
      this.#log.complain(`save_endp: its descriptor ${unwatchable}; see scached_watch`)
      return this.#session.replyStatus(Reply.Status.failed)
    }
    const { farewell, label, properties, ttlSeconds } = request
    const owner = farewell === undefined ? this.#owner : this.#ownerWith(farewell, descriptor)
    this.#answerSave(request, this.#context.cache.saveEndpoint(label, properties, descriptor, ttlSeconds, owner))
  }

  /** As scache(8) ignores the whole attribute, one that makes no sense is ignored, too. */
  #ownerWith(farewell: OctetString.OctetString, descriptor: Descriptor): CachedDescriptorOwner {
    // The far end of a UNIX socket may ask who writes (SO_PASSCRED), and the kernel names the daemon: other users could speak as root.
    const mayChoose = () => this.#isInsider || this.#context.loop.calls.socketKind(descriptor) !== SocketKind.unixStream
    const parting = partingOf(farewell, mayChoose)
    if (Result.isSuccess(parting)) return { ...this.#owner, parting: parting.success }
    this.#log.complain(`save_endp: its farewell "${printableLabel(farewell)}" ${parting.failure}`)
    return this.#owner
  }

  get #isInsider(): boolean {
    return this.#context.settings.current.insiders.admits(this.peer, () => [])
  }

  #inspect(inspection: Request.Inspection, channel: Channel): void {
    const { cache } = this.#context
    const name = Request.wireName(inspection)
    if (!this.#isInsider) {
      cache.statistics.count("refusedInspections")
      if (cache.events.isWatched) cache.events.refused(name, this.peer)
      this.#log.complain(`${name} was refused: only root and the user that scached runs as may look into the cache`)
      return this.#session.replyStatus(Reply.Status.malformed)
    }
    this.#log.verbose(name)
    this.#insider ??= new Insider(this.#context, this.#session, {
      bytesMax: this.#outputBytesMax,
      pendingBytes: () => (this.#isClosed ? Number.POSITIVE_INFINITY : channel.pendingBytes),
      send: () => this.#flush(channel) && this.#watchDebt(),
      onProgress: () => this.#debt.paid()
    })
    this.#insider.begin(inspection)
  }

  #saveDestination(request: Request.SaveDestination): void {
    const { label, properties, endpointLabel, ttlSeconds } = request
    this.#answerSave(request, this.#context.cache.saveDestination(label, properties, endpointLabel, ttlSeconds))
  }

  #answerSave(request: Request.SaveEndpoint | Request.SaveDestination, isSaved: boolean): void {
    const { events } = this.#context.cache
    if (events.isWatched) events.saved(request, isSaved, this.peer)
    const { ttlSecondsMax } = this.#context.settings.current
    const isShortened = isSaved && request.ttlSeconds > ttlSecondsMax
    this.#log.verboseRequest(request, isShortened ? `saved for ${ttlSecondsMax} s` : isSaved ? "saved" : "no room")
    this.#session.replyStatus(isSaved ? Reply.Status.ok : Reply.Status.failed)
  }

  #find(request: Request.FindEndpoint | Request.FindDestination, found: Found | undefined): void {
    this.#handOver.begin(found)
    const { events } = this.#context.cache
    if (events.isWatched) events.looked(request, found, this.peer)
    this.#log.verboseRequest(request, found === undefined ? "nothing cached" : "found")
    if (found === undefined) this.#session.replyStatus(Reply.Status.failed)
    else this.#session.replyFound(found.lease.properties, found.destinationProperties)
  }

  #sendDescriptor(channel: Channel): void {
    const { found } = this.#handOver
    if (found === undefined) throw new Error("a descriptor is due, but nothing was found")
    // Whatever the outcome, the client may have the connection from now on.
    found.lease.value.silence()
    this.#isSending = true
    channel.sendDescriptor(found.lease.value.descriptor, this.#onDescriptorSent)
    this.#isSending = false
  }

  readonly #onDescriptorSent = (outcome: Outcome): void => {
    if (this.#isClosed) return
    this.#descriptorGone(outcome)
    if (!this.#isSending) this.#guarded(() => this.#advance())
  }

  #descriptorGone(outcome: Outcome): void {
    if (outcome >= 0) return this.#session.descriptorSent()
    this.#session.descriptorFailed()
    this.#handOver.putBack()
    const { message } = systemCallError("sendmsg", outcome)
    // A client that is gone is ordinary. Anything else is a want of this process or its user, which the operator can mend.
    if (outcome !== -Errno.EPIPE && outcome !== -Errno.ECONNRESET)
      this.#log.complain(`its descriptor could not be sent: ${message}`)
    this.close(`disconnect: ${message}`)
  }

  /** The answer that is still in the session is the last one: it leaves, and then the client does. */
  #endAfterOutput(channel: Channel): void {
    if (!this.#flush(channel)) return
    // At once: the channel is closed as soon as the answer has left.
    channel.flush()
    if (!channel.isBlocked) return this.close("disconnect after its last answer")
    this.#isEnding = true
    // It owes the reading of that answer, and is not waited for without end.
    this.#waitForReader()
  }

  /** Starts or stops the clock on what the client owes: bytes inside an exchange, or reading what was sent to it. */
  #watchDebt(): void {
    if (!this.#session.owesBytes && this.#channel?.isBlocked !== true) {
      this.#debt.paid()
      return
    }
    this.#debt.owes()
  }

  #timeOut(): void {
    const what = this.#channel?.isBlocked === true ? "it does not read its answers" : this.#session.state
    const { events, statistics } = this.#context.cache
    statistics.count("timedOut")
    if (events.isWatched) events.timedOut(what, this.peer)
    this.#log.warning(
      `disconnected, it has owed an answer for ${this.#context.settings.current.exchangeSecondsMax} s ` +
        `(${what}); see ipc_timeout and scached_exchange_timeout`
    )
    this.close("disconnect: timed out")
  }
}
