import type { Output } from "@scached/daemon"
import { Errno, type Outcome, Readiness } from "@scached/fdpass"
import { type EventLoop, type Member, makeMember } from "@scached/reactor"

/** Bytes that may wait for standard error. A reader that is stuck, a paused terminal for instance, must cost neither time nor memory. */
const waitingBytesMax = 262_144

/** After a failure it is tried again: a file after this time, which doubles up to a minute; anything else with the next line after it. */
const pauseMillisMin = 1_000
const pauseMillisMax = 60_000

/** Where it cannot be watched. */
const pollMillis = 100

const interruptionsMax = 8

/**
 * Writes lines without ever waiting. What cannot leave waits, up to 256 KiB; the lines beyond that are dropped and counted, and the count is
 * written once there is room.
 *
 * Nothing ends it for good: a full disk is emptied, a pipe gets another reader. Lines that wait meanwhile leave then, in order.
 */
export class LineWriter {
  readonly #loop: EventLoop
  readonly #open: () => Output | Outcome
  readonly #lossNotice: (dropped: number) => string
  #output: Output | undefined
  /** Lines, and the rest of one that was written in part. */
  readonly #waiting: Array<Uint8Array> = []
  #waitingBytes = 0
  #dropped = 0
  /** Set while the output is watched. */
  #member: Member | undefined
  #cancelTimer: (() => void) | undefined
  /** When it may be tried again after a failure. */
  #retryMillis = Number.NEGATIVE_INFINITY
  #pauseMillis = pauseMillisMin

  /** `open` opens the output, now and with each `restart`; `lossNotice` makes the line that tells how many were dropped. */
  constructor(loop: EventLoop, open: () => Output | Outcome, lossNotice: (dropped: number) => string) {
    this.#loop = loop
    this.#open = open
    this.#lossNotice = lossNotice
    this.restart()
  }

  write(line: string): void {
    this.#add(Buffer.from(line))
    if (this.#member === undefined && this.#cancelTimer === undefined && this.#loop.nowMillis >= this.#retryMillis) {
      this.#flush()
    }
  }

  /** Opens the output again, and tries at once what has failed before. */
  restart(): void {
    this.#closeOutput()
    const opened = this.#open()
    this.#output = typeof opened === "number" ? undefined : opened
    this.#pauseMillis = pauseMillisMin
    this.#retryMillis = Number.NEGATIVE_INFINITY
    this.#flush()
  }

  /** Writes what still can be written at once, and ends. */
  close(): void {
    this.#rest()
    this.#flush()
    this.#closeOutput()
  }

  #add(bytes: Uint8Array): void {
    if (this.#waitingBytes + bytes.length > waitingBytesMax) {
      this.#dropped++
      return
    }
    this.#waiting.push(bytes)
    this.#waitingBytes += bytes.length
  }

  #flush(): void {
    const output = this.#output
    if (output === undefined) return
    let hasWritten = false
    while (this.#waiting.length > 0) {
      // In one go, so that a terminal that is let go on does not cost a call for each of a thousand lines.
      const [first, ...others] = this.#waiting
      const bytes = first !== undefined && others.length === 0 ? first : Buffer.concat(this.#waiting)
      const outcome = this.#writeTo(output, bytes)
      if (outcome < 0) return outcome === -Errno.EAGAIN ? this.#wait(output, hasWritten) : this.#fail(output)
      hasWritten = true
      this.#pauseMillis = pauseMillisMin
      this.#waitingBytes -= outcome
      this.#waiting.length = 0
      if (outcome < bytes.length) {
        this.#waiting.push(bytes.subarray(outcome))
        continue
      }
      this.#tellDropped()
    }
    this.#rest()
  }

  #tellDropped(): void {
    if (this.#dropped === 0) return
    const notice = this.#lossNotice(this.#dropped)
    this.#dropped = 0
    this.#add(Buffer.from(notice))
  }

  #writeTo(output: Output, bytes: Uint8Array): Outcome {
    let outcome = output.write(bytes)
    for (let left = interruptionsMax; outcome === -Errno.EINTR && left > 0; left--) outcome = output.write(bytes)
    return outcome === -Errno.EINTR ? -Errno.EAGAIN : outcome
  }

  /** Until it is writable. */
  #wait(output: Output, hasWritten: boolean): void {
    if (this.#cancelTimer !== undefined) return
    if (this.#member !== undefined) {
      if (hasWritten) return
      // A terminal with room for one more character says that it is writable, and does not take a line's end, which is two.
      this.#rest()
      return this.#retryAfter(pollMillis)
    }
    const member = makeMember(output.descriptor, () => this.#flush())
    if (this.#loop.watch(member, Readiness.writable) < 0) this.#retryAfter(pollMillis)
    else this.#member = member
  }

  #fail(output: Output): void {
    this.#rest()
    this.#retryMillis = this.#loop.nowMillis + this.#pauseMillis
    // A disk gets room again while nothing is logged. A reader that is gone would have this process wake up for ever.
    if (output.kind === "file") this.#retryAfter(this.#pauseMillis)
    this.#pauseMillis = Math.min(pauseMillisMax, 2 * this.#pauseMillis)
  }

  #retryAfter(millis: number): void {
    this.#cancelTimer = this.#loop.at(this.#loop.nowMillis + millis, () => {
      this.#cancelTimer = undefined
      this.#flush()
    })
  }

  #rest(): void {
    if (this.#member !== undefined) this.#loop.unwatch(this.#member)
    this.#member = undefined
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
  }

  #closeOutput(): void {
    this.#rest()
    if (this.#output?.descriptor.isOwned === true) this.#output.descriptor.close()
    this.#output = undefined
  }
}
