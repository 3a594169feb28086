import {
  type Batching,
  type Descriptor,
  Errno,
  type Outcome,
  Readiness,
  type ReceiveBuffer,
  type SystemCalls
} from "@scached/fdpass"
import type { Host } from "./Host.ts"
import { CloseTender } from "./internal/CloseTender.ts"
import { DeferredCloses } from "./internal/DeferredCloses.ts"
import { Discarding } from "./internal/Discarding.ts"
import { InputLooks } from "./internal/InputLooks.ts"
import { Members } from "./internal/Members.ts"
import { PostponedTasks } from "./internal/PostponedTasks.ts"
import { ReadyTasks } from "./internal/ReadyTasks.ts"
import { TimerHeap } from "./internal/TimerHeap.ts"
import { TurnBatch } from "./internal/TurnBatch.ts"
import type { LoopFailure } from "./LoopFailure.ts"
import type { LoopObserver } from "./LoopObserver.ts"
import type { Member, Reader, Sender } from "./Member.ts"

/** Events taken from the kernel in one turn. */
const eventsMax = 256
/**
 * Bytes read at once, by any connection: one buffer serves all, since each is done with it before the next one reads. It is also what each of
 * them may cost the others in a turn: with 64 KiB and 200 clients that filled it with what is slow to read, everybody else waited 200 ms.
 */
const receiveBytesMax = 16_384
/** Longest stretch without giving way to the host under load; giving way on every turn was measured to cost 10 to 20%. */
const hostPauseMillisMax = 5
/** epoll_wait takes whole milliseconds in 32 bits. */
const waitMillisMax = 2_147_483_647

const nothing = (): void => {}

/**
 * The reactor's loop: ready tasks, timers and descriptors, in one thread and over one epoll set.
 *
 * Plain code below Effect; `Reactor` puts Effect's scheduler and clock on it. A turn waits in `epoll_wait` until the next
 * deadline, calls the handlers of what is ready, then the timers that are due, then the ready tasks. An idle loop sleeps in
 * the kernel without a wake-up.
 *
 * @category loop
 */
export class EventLoop {
  readonly calls: SystemCalls["Service"]
  readonly epoll: Descriptor
  /** Shared by all connections of this loop; valid only until the next one reads. */
  readonly receiveBuffer: ReceiveBuffer
  /**
   * Called with everything that a handler, a timer or a task throws; the loop then continues with the others. When this throws too,
   * the loop ends, and `run` reports why. Until it is set, it throws: nothing is lost silently.
   */
  onDefect: (defect: unknown) => void = (defect) => {
    throw defect
  }
  /** Told when many descriptors wait to be closed (`SystemCalls.closesUnderWay`) for a second and more, once an hour while it goes on. */
  onClosesWaiting: (count: number) => void = nothing
  /** Told of every wait. */
  observer: LoopObserver | undefined
  readonly #host: Host
  readonly #timers = new TimerHeap()
  readonly #discarding = new Discarding(this)
  readonly #closeTender = new CloseTender(this)
  readonly #deferredCloses = new DeferredCloses(this)
  readonly #events
  readonly #members: Members
  readonly #ready = new ReadyTasks((tasks) => this.#runAll(tasks))
  readonly #looks = new InputLooks()
  readonly #postponed = new PostponedTasks(
    (task) => this.#contain(task),
    () => {
      this.#nowMillis = this.calls.monotonicMillis()
      return this.#nowMillis
    }
  )
  #isReading = false
  readonly #batch = new TurnBatch(this, receiveBytesMax)
  #hostIsReady = false
  #hostTurnMillis: number
  #nowMillis: number
  #isClosed = false

  constructor(calls: SystemCalls["Service"], epoll: Descriptor, host: Host) {
    this.calls = calls
    this.epoll = epoll
    this.#host = host
    this.#members = new Members(calls, epoll)
    this.#events = calls.makeReadinessBatch(eventsMax)
    this.receiveBuffer = calls.makeReceiveBuffer(receiveBytesMax)
    this.#nowMillis = calls.monotonicMillis()
    this.#hostTurnMillis = this.#nowMillis
  }

  /** The monotonic time at which this turn's events were reported, in milliseconds: cheap, and the same for all of its sockets. */
  get nowMillis(): number {
    return this.#nowMillis
  }

  /** Descriptors in the epoll set, the host's not counted. */
  get watched(): number {
    return this.#members.size
  }

  /** Timers that have neither run nor been cancelled. */
  get pendingTimers(): number {
    return this.#timers.size
  }

  /** Queues a task for the next round; the result takes it back. */
  readonly enqueue = (task: () => void): (() => void) => {
    this.#ready.add(task)
    return () => this.#ready.remove(task)
  }

  /** Queues a task for the next round, for good: the cheap form of `enqueue`. */
  defer(task: () => void): void {
    this.#ready.add(task)
  }

  /**
   * Queues a task for the next turn, behind the sockets that are ready then: for a handler that has used up its turn and still
   * has work.
   */
  postpone(task: () => void): void {
    this.#postponed.add(task)
  }

  /**
   * Throws away the unread input of a socket without other copies, a portion a turn, and then closes it. `onClosed` may be called at
   * once; it is not called when the loop is closed before.
   */
  discard(socket: Descriptor, onClosed: () => void): void {
    this.#discarding.begin(socket.take(), onClosed)
  }

  /** Has the sender send after the reads of this turn; false, and no call, when the loop is not calling handlers now. */
  gather(sender: Sender): boolean {
    if (this.#isReading) this.#batch.gather(sender)
    return this.#isReading
  }

  /**
   * Takes over a descriptor that another process has made and closes it: after the reads of this turn, together with others, or at once when
   * the loop is not calling handlers now.
   */
  letGo(descriptor: Descriptor, onClosed: () => void): void {
    if (this.#isReading) return this.#batch.letGo(descriptor, onClosed)
    this.calls.letGo(descriptor)
    onClosed()
  }

  /**
   * Closes a descriptor that another process has made, of which many may be due together: some in this turn, the others in the next ones, and all
   * with the loop. It is the loop's from then on. `onClosed` may be called at once; it is not called when the loop is closed before.
   */
  deferClose(descriptor: Descriptor, onClosed: () => void): void {
    this.#deferredCloses.add(descriptor, onClosed)
  }

  /** How many more closes can be deferred at this moment; what is deferred beyond them is closed at once. */
  get closeRoom(): number {
    return this.#deferredCloses.room
  }

  /** Descriptors that other processes have made, and that are still to be closed, here or by threads. */
  get closesUnderWay(): number {
    return this.#deferredCloses.size + this.calls.closesUnderWay()
  }

  /** Calls `run` once the monotonic clock has reached the deadline; the result cancels it. */
  at(deadlineMillis: number, run: () => void): () => void {
    // Not earlier than this turn, so that those that are due already stand before it.
    const timer = this.#timers.add(Math.max(deadlineMillis, this.#nowMillis), run)
    return () => this.#timers.cancel(timer)
  }

  /**
   * Calls `run` once all input that was pending at the time of this call has been handled, up to `bytesMax` of each channel; the result takes it
   * back. For a timer that punishes silence: its deadline may have passed before an answer that came in time was read.
   */
  afterPendingInput(bytesMax: number, run: () => void): () => void {
    return this.#looks.add(Math.max(1, Math.ceil(bytesMax / receiveBytesMax)), run)
  }

  /** Watches a member for `Readiness` bits, or for others than before; 0 ends the watch. A negative outcome is the refusal of epoll_ctl. */
  watch(member: Member, readiness: number): Outcome {
    return this.#members.watch(member, readiness)
  }

  /**
   * Stops watching a member, if it is watched: the loop does not call it again, not even for an event that was reported before. Must come before
   * its descriptor is closed.
   */
  unwatch(member: Member): void {
    this.#members.unwatch(member)
  }

  /**
   * Turns until `isDone`, and then calls `onDone`, with a failure when the loop itself could not go on.
   *
   * With a host it returns at once, begins with the host's next turn, and goes on from there whenever it has given way: what
   * follows in the program that started it must not wait for the first event. Without one it returns when it is done.
   */
  run(isDone: () => boolean, onDone: (failure: LoopFailure | undefined) => void): void {
    const { giveWay, wakeDescriptor: wake } = this.#host
    // Token 0 is the host's.
    const added = wake === undefined ? 0 : this.calls.epollAdd(this.epoll, wake, Readiness.readable, 0)
    const finish = (failure: LoopFailure | undefined) => {
      if (wake !== undefined && added >= 0 && !this.#isClosed) this.calls.epollRemove(this.epoll, wake)
      onDone(failure)
    }
    if (added < 0) return finish({ defect: new Error(`the host cannot be watched: epoll_ctl failed, errno ${-added}`) })
    const drive = () => {
      this.#hostIsReady = false
      this.#hostTurnMillis = this.calls.monotonicMillis()
      try {
        // Of what ran before the first turn: it may have made tasks ready, for which a wait would be too long.
        this.#host.drainMicrotasks()
        while (!isDone()) {
          this.turn()
          if (this.#hostIsReady && giveWay !== undefined) return giveWay(drive)
        }
      } catch (defect) {
        return finish({ defect })
      }
      finish(undefined)
    }
    if (giveWay === undefined) drive()
    else giveWay(drive)
  }

  /** One turn: waits unless there is something to do already. */
  turn(): void {
    const isLooking = this.#looks.begin(this.#members.capacity)
    const waitMillis = isLooking ? 0 : this.#waitMillis()
    if (waitMillis !== 0) this.observer?.beforeWait(this.#nowMillis, waitMillis)
    const count = this.calls.epollWait(this.epoll, this.#events, waitMillis)
    this.#nowMillis = this.calls.monotonicMillis()
    this.observer?.afterWait(this.#nowMillis)
    // Anything but a signal means that the set itself is unusable: going on would spin.
    if (count < 0 && count !== -Errno.EINTR) throw new Error(`epoll_wait failed with errno ${-count}`)
    const postponed = this.#postponed.take()
    this.#deferredCloses.beginTurn()
    this.#isReading = true
    try {
      for (let first = 0, end = 0; first < count; first = end) {
        end = Math.min(count, first + this.#batch.readsAtOnce)
        if (end - first > 1) this.#batch.read(this.#events, this.#members, first, end)
        for (let index = first; index < end; index++) this.#dispatch(index)
        this.#batch.endReads()
      }
    } finally {
      this.#isReading = false
    }
    this.#batch.end()
    if (postponed !== undefined) this.#postponed.run(postponed, this.#nowMillis)
    if (isLooking && count >= 0) this.#runAll(this.#looks.end(count, count < eventsMax))
    this.#runTimers()
    this.#ready.run()
    this.#host.drainMicrotasks()
    this.#members.reuseTokens()
    const closing = this.calls.closesUnderWay()
    if (closing > 0) this.#closeTender.tend(closing)
    this.#considerHost()
  }

  /** Runs the ready tasks now, and what they make ready, at most 16 rounds: for Effect's scheduler. */
  runReady(): void {
    this.#ready.run()
  }

  /**
   * Has the reads of a turn made together from now on, and what is sent after them, where that is possible (`always`) or faster (`auto`).
   * False where it is not. To be called before the first turn: it may take a descriptor. `descriptorRoom` tells how many more the process
   * may have at this moment; where there is room for few, fewer reads are made together.
   */
  batchCalls(batching: Batching, descriptorRoom: () => number): boolean {
    this.#deferredCloses.descriptorRoom = descriptorRoom
    return this.#batch.begin(batching, descriptorRoom)
  }

  /** Closes the epoll set. Members may still be unwatched afterwards; none is called any more. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#batch.close()
    this.#discarding.close()
    this.#deferredCloses.close()
    this.#members.close()
    this.epoll.close()
  }

  #dispatch(index: number): void {
    const token = this.#events.token(index)
    if (token === 0) {
      this.#hostIsReady = true
      return
    }
    const member = this.#members.at(token)
    const read = this.#batch.takeRead(token)
    // Unwatched by an earlier handler of this turn.
    if (member === undefined && read < 0) return
    try {
      if (read >= 0) this.#batch.deliver(read, member?.reader)
      else if (member?.reader?.isReadDue === true) this.#read(member.descriptor, member.reader)
      else member?.onReady(this.#events.readiness(index))
    } catch (defect) {
      if (member !== undefined) this.unwatch(member)
      this.onDefect(defect)
    }
  }

  #read(socket: Descriptor, reader: Reader): void {
    reader.onRead(this.calls.receive(socket, this.receiveBuffer), this.receiveBuffer)
  }

  #considerHost(): void {
    if (this.#nowMillis - this.#hostTurnMillis >= hostPauseMillisMax) this.#hostIsReady = true
    const deadline = this.#host.nextDeadlineMillis()
    if (deadline !== undefined && deadline <= this.#nowMillis) this.#hostIsReady = true
  }

  #runTimers(): void {
    // Only those added before: a timer that re-arms itself for now waits for the sockets' turn.
    const now = this.#nowMillis
    const before = this.#timers.nextSequence
    for (;;) {
      const timer = this.#timers.takeDue(now, before)
      if (timer === undefined) return
      try {
        timer.run()
      } catch (defect) {
        this.onDefect(defect)
      }
    }
  }

  #runAll(tasks: ReadonlyArray<() => void>): void {
    for (let index = 0; index < tasks.length; index++) this.#contain(tasks[index] ?? nothing)
  }

  #contain(task: () => void): void {
    try {
      task()
    } catch (defect) {
      this.onDefect(defect)
    }
  }

  #waitMillis(): number {
    if (!this.#ready.isEmpty || !this.#postponed.isEmpty) return 0
    const own = this.#timers.nextDeadlineMillis
    const host = this.#host.nextDeadlineMillis()
    if (own === undefined && host === undefined) return -1
    const deadline = Math.min(own ?? Number.POSITIVE_INFINITY, host ?? Number.POSITIVE_INFINITY)
    // Rounded up: waking a fraction too early would turn the loop once more for nothing.
    return Math.min(waitMillisMax, Math.max(0, Math.ceil(deadline - this.calls.monotonicMillis())))
  }
}
