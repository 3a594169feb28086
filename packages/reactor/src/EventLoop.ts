import { type Descriptor, Errno, type Outcome, type ReceiveBuffer, type SystemCalls } from "@scached/fdpass"
import type { Host } from "./Host.ts"
import { type Timer, TimerHeap } from "./internal/TimerHeap.ts"

/**
 * What the loop calls when a watched descriptor is ready.
 *
 * It must not block and should do a bounded amount of work: what is left over keeps the descriptor ready, and its next turn
 * comes after everybody else's.
 *
 * @category models
 */
export interface ReadinessHandler {
  onReady(readiness: number): void
}

/**
 * A descriptor's place in the loop. Ends with `stop`, which must come before the descriptor is closed.
 *
 * @category models
 */
export interface Watch {
  /** Changes what the descriptor is watched for; the outcome is epoll_ctl's. */
  readonly update: (readiness: number) => Outcome
  readonly stop: () => void
}

/** Rounds of the ready queue within one turn, so that a fiber that keeps yielding cannot starve the sockets. */
const readyRoundsMax = 16
/** Events taken from the kernel in one turn. */
const eventsMax = 256
/** Bytes read at once, by any connection: one buffer serves all, since each is done with it before the next one reads. */
const receiveBytesMax = 65_536
/** Longest stretch without giving way to the host under load; giving way on every turn was measured to cost 10 to 20%. */
const hostPauseMillisMax = 5
/** epoll_wait takes whole milliseconds in 32 bits. */
const waitMillisMax = 2_147_483_647

class Slot implements Watch {
  readonly loop: EventLoop
  readonly token: number
  readonly descriptor: Descriptor
  readonly handler: ReadinessHandler
  readiness = 0
  isStopped = false

  constructor(loop: EventLoop, token: number, descriptor: Descriptor, handler: ReadinessHandler) {
    this.loop = loop
    this.token = token
    this.descriptor = descriptor
    this.handler = handler
  }

  readonly update = (readiness: number): Outcome => {
    if (this.isStopped || readiness === this.readiness) return 0
    const outcome = this.loop.calls.epollModify(this.loop.epoll, this.descriptor, readiness, this.token)
    if (outcome >= 0) this.readiness = readiness
    return outcome
  }

  readonly stop = (): void => this.loop.release(this)
}

/**
 * The reactor's loop: ready tasks, timers and descriptors, in one thread and over one epoll set.
 *
 * Plain code below Effect; `Reactor` puts Effect's scheduler and clock on it. A turn runs what is ready, waits in `epoll_wait`
 * until the next deadline, and dispatches. An idle loop sleeps in the kernel without a wake-up.
 *
 * @category loop
 */
export class EventLoop {
  readonly calls: SystemCalls["Service"]
  readonly epoll: Descriptor
  /** Shared by all connections of this loop; valid only until the next one reads. */
  readonly receiveBuffer: ReceiveBuffer
  readonly #host: Host
  readonly #timers = new TimerHeap()
  readonly #batch
  readonly #slots: Array<Slot | undefined> = [undefined]
  readonly #freeTokens: Array<number> = []
  #tokensFreedThisTurn: Array<number> = []
  #ready: Array<() => void> = []
  #hostIsReady = false
  #hostTurnMillis: number
  #nowMillis: number
  #isClosed = false

  constructor(calls: SystemCalls["Service"], epoll: Descriptor, host: Host) {
    this.calls = calls
    this.epoll = epoll
    this.#host = host
    this.#batch = calls.makeReadinessBatch(eventsMax)
    this.receiveBuffer = calls.makeReceiveBuffer(receiveBytesMax)
    this.#nowMillis = calls.monotonicMillis()
    this.#hostTurnMillis = this.#nowMillis
  }

  /** The monotonic time at which this turn's events were reported, in milliseconds: cheap, and the same for all of a turn. */
  get nowMillis(): number {
    return this.#nowMillis
  }

  /** Descriptors in the epoll set, the host's not counted. */
  get watched(): number {
    return this.#slots.length - 1 - this.#freeTokens.length - this.#tokensFreedThisTurn.length
  }

  /** Timers that have neither run nor been cancelled. */
  get pendingTimers(): number {
    return this.#timers.size
  }

  /** Queues a task for the next round; the result takes it back. */
  readonly enqueue = (task: () => void): (() => void) => {
    let isCancelled = false
    this.#ready.push(() => {
      if (!isCancelled) task()
    })
    return () => {
      isCancelled = true
    }
  }

  /** Queues a task for the next round, for good: the cheap form of `enqueue`. */
  defer(task: () => void): void {
    this.#ready.push(task)
  }

  /** Calls `run` once the monotonic clock has reached the deadline; the result cancels it. */
  at(deadlineMillis: number, run: () => void): () => void {
    const timer: Timer = this.#timers.add(deadlineMillis, run)
    return () => this.#timers.cancel(timer)
  }

  /** Watches a descriptor for `Readiness` bits; a negative outcome is epoll_ctl's refusal. */
  watch(descriptor: Descriptor, readiness: number, handler: ReadinessHandler): Watch | Outcome {
    const token = this.#freeTokens.pop() ?? this.#slots.length
    const slot = new Slot(this, token, descriptor, handler)
    const outcome = this.calls.epollAdd(this.epoll, descriptor, readiness, token)
    if (outcome < 0) {
      if (token === this.#slots.length) this.#slots.push(undefined)
      this.#freeTokens.push(token)
      return outcome
    }
    slot.readiness = readiness
    this.#slots[token] = slot
    return slot
  }

  /** Ends a watch. Its token rests until the turn is over: an event for it may already have been reported. */
  release(slot: Slot): void {
    if (slot.isStopped) return
    slot.isStopped = true
    this.#slots[slot.token] = undefined
    this.#tokensFreedThisTurn.push(slot.token)
    this.calls.epollRemove(this.epoll, slot.descriptor)
  }

  /**
   * Turns until `isDone`, and then calls `onDone`.
   *
   * With a host it returns whenever it gives way and goes on from there; without one it returns when it is done.
   */
  run(isDone: () => boolean, onDone: () => void): void {
    const wake = this.#host.wakeDescriptor
    // Token 0 is the host's.
    if (wake !== undefined) this.calls.epollAdd(this.epoll, wake, 0x001, 0)
    const finish = () => {
      if (wake !== undefined && !this.#isClosed) this.calls.epollRemove(this.epoll, wake)
      onDone()
    }
    const drive = () => {
      this.#hostIsReady = false
      this.#hostTurnMillis = this.calls.monotonicMillis()
      while (!isDone()) {
        this.turn(isDone)
        if (this.#hostIsReady && this.#host.giveWay !== undefined) return this.#host.giveWay(drive)
      }
      finish()
    }
    drive()
  }

  /** One turn; does not wait when `isDone` holds after the ready tasks have run. */
  turn(isDone: () => boolean = () => false): void {
    this.#nowMillis = this.calls.monotonicMillis()
    this.#runTimers()
    this.#runReady()
    this.#host.drainMicrotasks()
    if (isDone()) return
    const count = this.calls.epollWait(this.epoll, this.#batch, this.#waitMillis())
    this.#nowMillis = this.calls.monotonicMillis()
    if (count < 0) {
      // Anything but a signal means that the set itself is unusable: going on would spin.
      if (count !== -Errno.EINTR) throw new Error(`epoll_wait failed with errno ${-count}`)
    }
    for (let index = 0; index < count; index++) {
      const token = this.#batch.token(index)
      if (token === 0) this.#hostIsReady = true
      else this.#slots[token]?.handler.onReady(this.#batch.readiness(index))
    }
    if (this.#tokensFreedThisTurn.length > 0) {
      for (const token of this.#tokensFreedThisTurn) this.#freeTokens.push(token)
      this.#tokensFreedThisTurn = []
    }
    this.#considerHost()
  }

  /** Closes the epoll set. */
  close(): void {
    this.#isClosed = true
    this.epoll.close()
  }

  #considerHost(): void {
    if (this.#nowMillis - this.#hostTurnMillis >= hostPauseMillisMax) this.#hostIsReady = true
    const deadline = this.#host.nextDeadlineMillis()
    if (deadline !== undefined && deadline <= this.#nowMillis) this.#hostIsReady = true
  }

  #runTimers(): void {
    // Only what was due when the turn began: a timer that re-arms itself for now waits for the sockets' turn.
    const now = this.#nowMillis
    for (let left = this.#timers.size; left > 0; left--) {
      const timer = this.#timers.takeDue(now)
      if (timer === undefined) return
      timer.run()
    }
  }

  #runReady(): void {
    for (let round = 0; round < readyRoundsMax && this.#ready.length > 0; round++) {
      const tasks = this.#ready
      this.#ready = []
      for (let index = 0; index < tasks.length; index++) tasks[index]?.()
    }
  }

  #waitMillis(): number {
    if (this.#ready.length > 0) return 0
    const own = this.#timers.nextDeadlineMillis
    const host = this.#host.nextDeadlineMillis()
    if (own === undefined && host === undefined) return -1
    const deadline = Math.min(own ?? Number.POSITIVE_INFINITY, host ?? Number.POSITIVE_INFINITY)
    // Rounded up: waking a fraction too early would turn the loop once more for nothing.
    return Math.min(waitMillisMax, Math.max(0, Math.ceil(deadline - this.calls.monotonicMillis())))
  }
}
