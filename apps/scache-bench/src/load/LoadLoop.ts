import { type Descriptor, Errno, type Outcome, Readiness, type SystemCalls } from "@scached/fdpass"
import type { Conversation } from "./Conversation.ts"
import type { LoadCalls } from "./LoadCalls.ts"
import type { OpenLoopSchedule } from "./OpenLoopSchedule.ts"
import type { OperationSource } from "./OperationSource.ts"
import type { RoundRecord } from "./RoundRecord.ts"

/** Events taken from the kernel at once. */
const eventsMax = 256
/** Where no time is set at which a stretch ends, an operation is waited for so many times longer than the patience. */
const patienceFactor = 3

/** One stretch of work for all clients. */
export interface Stretch {
  readonly source: OperationSource
  /** Where operations are counted; those of an unmeasured stretch are not. */
  readonly record?: RoundRecord
  /** When operations begin; if absent each client begins one as soon as its last has ended. */
  readonly schedule?: OpenLoopSchedule
  /** Until then a client waits for its answer, however long that takes: after a stall it goes on. */
  readonly endMillis?: number | undefined
}

/**
 * All clients of one server in one epoll set. A stretch of work is begun with `begin` and goes on with each `turnUntil`, which returns
 * to the caller now and then so that signals and the display get their turn.
 */
export class LoadLoop {
  readonly #calls: SystemCalls["Service"]
  readonly #epoll: Descriptor
  readonly #conversations: ReadonlyArray<Conversation>
  readonly #out: LoadCalls<Conversation>
  readonly #patienceMillis: number
  readonly #batch
  /** Those that are ready in this turn. */
  readonly #ready: Array<Conversation> = []
  #stretch: Stretch | undefined
  /** Conversations without an operation, in the order in which they ended their last: a ring. */
  readonly #resting: Array<Conversation> = []
  #restingFirst = 0
  #busy = 0
  operations = 0

  constructor(
    calls: SystemCalls["Service"],
    epoll: Descriptor,
    conversations: ReadonlyArray<Conversation>,
    out: LoadCalls<Conversation>,
    patienceMillis: number
  ) {
    this.#patienceMillis = patienceMillis
    this.#out = out
    this.#calls = calls
    this.#epoll = epoll
    this.#conversations = conversations
    this.#batch = calls.makeReadinessBatch(eventsMax)
  }

  /** Puts all conversations into the epoll set; they wait for their greetings. */
  open(): Outcome {
    for (const conversation of this.#conversations) {
      const outcome = this.#calls.epollAdd(this.#epoll, conversation.socket, Readiness.readable, conversation.number)
      if (outcome < 0) return outcome
      this.#begun(conversation)
    }
    return 0
  }

  /** Whether every operation of the stretch has ended, and none can begin any more. */
  get isDone(): boolean {
    const schedule = this.#stretch?.schedule
    if (this.#busy > 0) return false
    return schedule === undefined || schedule.nextMillis === Number.POSITIVE_INFINITY || this.#restingCount === 0
  }

  get #restingCount(): number {
    return this.#resting.length - this.#restingFirst
  }

  /** Begins a stretch; the one before must be done. */
  begin(stretch: Stretch): void {
    this.#stretch = stretch
    if (stretch.schedule !== undefined) return
    const nowMillis = this.#calls.monotonicMillis()
    for (let left = this.#restingCount; left > 0; left--) {
      const conversation = this.#takeResting()
      if (conversation !== undefined) this.#startOrRest(conversation, nowMillis, nowMillis)
    }
    this.#flush()
  }

  /** Goes on until that time, or until the stretch is done. */
  turnUntil(endMillis: number): void {
    while (!this.isDone) {
      const nowMillis = this.#calls.monotonicMillis()
      if (nowMillis >= endMillis) return
      this.#startDue(nowMillis)
      this.#turn(this.#waitMillis(nowMillis, endMillis))
    }
  }

  /** Gives up the clients whose server has not answered for too long: in a stretch that ends at a time, after that time only. */
  giveUpStuck(nowMillis: number): void {
    const { endMillis, record } = this.#stretch ?? {}
    if (endMillis !== undefined && nowMillis < endMillis) return
    // Before the first stretch it is the greeting that is waited for.
    const isOpenEnded = this.#stretch !== undefined && endMillis === undefined
    const waitedMillisMax = this.#patienceMillis * (isOpenEnded ? patienceFactor : 1)
    for (const conversation of this.#conversations) {
      const { isIdle, isOver, startedMillis, dueMillis } = conversation
      if (isIdle || isOver || nowMillis - startedMillis <= waitedMillisMax) continue
      record?.unanswered(dueMillis, startedMillis, nowMillis)
      conversation.giveUp(nowMillis)
      this.#leave(conversation)
    }
  }

  #waitMillis(nowMillis: number, endMillis: number): number {
    const schedule = this.#stretch?.schedule
    if (schedule === undefined || this.#restingCount === 0) return endMillis - nowMillis
    const leftMillis = schedule.nextMillis - nowMillis
    // epoll waits in whole milliseconds, and an operation must not begin late because of that: the last one is waited for awake.
    return leftMillis < 1 ? 0 : Math.min(Math.floor(leftMillis), endMillis - nowMillis)
  }

  #turn(waitMillis: number): void {
    const count = this.#calls.epollWait(this.#epoll, this.#batch, waitMillis)
    if (count < 0 && count !== -Errno.EINTR) throw new Error(`epoll_wait failed, errno ${-count}`)
    this.#ready.length = 0
    for (let index = 0; index < count; index++) {
      const conversation = this.#conversations[this.#batch.token(index)]
      if (conversation !== undefined && !conversation.isOver) this.#ready.push(conversation)
    }
    this.#out.readAll(this.#ready, this.#onRead)
    this.#flush()
  }

  readonly #onRead = (conversation: Conversation): void => {
    if (conversation.isOver) this.#leave(conversation)
    else if (conversation.isIdle && conversation.isUnderWay) this.#onEnded(conversation)
  }

  #flush(): void {
    this.#out.flush(this.#onLost)
  }

  /** What it sent could not be sent: a request, or the dummy after its last find. */
  readonly #onLost = (conversation: Conversation): void => this.#leave(conversation)

  #onEnded(conversation: Conversation): void {
    const nowMillis = this.#calls.monotonicMillis()
    const stretch = this.#stretch
    this.#ended(conversation)
    // Before the first stretch it was the greeting.
    if (stretch === undefined) return this.#rest(conversation)
    this.operations++
    const { kind, hasSucceeded, dueMillis, startedMillis } = conversation
    stretch.record?.record(kind, hasSucceeded, dueMillis, startedMillis, nowMillis)
    if (stretch.schedule !== undefined) return this.#rest(conversation)
    this.#startOrRest(conversation, nowMillis, nowMillis)
  }

  #startDue(nowMillis: number): void {
    const schedule = this.#stretch?.schedule
    if (schedule === undefined) return
    while (schedule.nextMillis <= nowMillis) {
      const conversation = this.#takeResting()
      if (conversation === undefined) break
      this.#startOrRest(conversation, this.#calls.monotonicMillis(), schedule.take(nowMillis))
    }
    this.#flush()
  }

  #startOrRest(conversation: Conversation, nowMillis: number, dueMillis: number): void {
    if (this.#stretch?.source.assign(conversation, nowMillis) !== true) return this.#rest(conversation)
    conversation.dueMillis = dueMillis
    this.#begun(conversation)
    conversation.start(nowMillis)
    if (conversation.isOver) this.#leave(conversation)
  }

  #rest(conversation: Conversation): void {
    conversation.rest()
    if (conversation.isOver) this.#calls.epollRemove(this.#epoll, conversation.socket)
    else this.#resting.push(conversation)
  }

  #takeResting(): Conversation | undefined {
    const conversation = this.#resting[this.#restingFirst]
    if (conversation === undefined) return undefined
    this.#restingFirst++
    if (this.#restingFirst > 1_024) {
      this.#resting.splice(0, this.#restingFirst)
      this.#restingFirst = 0
    }
    // One whose server hung up while it rested stays in the ring until its turn.
    return conversation.isOver ? this.#takeResting() : conversation
  }

  #begun(conversation: Conversation): void {
    conversation.isUnderWay = true
    this.#busy++
  }

  #ended(conversation: Conversation): void {
    conversation.isUnderWay = false
    this.#busy--
  }

  #leave(conversation: Conversation): void {
    if (conversation.isUnderWay) this.#ended(conversation)
    this.#stretch?.record?.lost(this.#calls.monotonicMillis())
    this.#calls.epollRemove(this.#epoll, conversation.socket)
  }
}
