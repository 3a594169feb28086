import { Errno, type Outcome } from "@scached/fdpass"

/** Nothing is wrong: it is to be tried again. */
export const isRetryable = (outcome: Outcome): boolean => outcome === -Errno.EAGAIN || outcome === -Errno.EINTR

/** The peer is gone: the next read says so too, after what the peer had still sent. */
export const isPeerGone = (outcome: Outcome): boolean => outcome === -Errno.EPIPE || outcome === -Errno.ECONNRESET

/** Repeats of a system call that signals keep interrupting, before it is left to the next turn. */
const interruptionsMax = 8

/** Makes a call until no signal interrupts it, or too often. */
export const repeatInterrupted = (call: () => Outcome): Outcome => {
  let outcome = call()
  for (let left = interruptionsMax; outcome === -Errno.EINTR && left > 0; left--) outcome = call()
  return outcome
}
