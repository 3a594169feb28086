import { Errno, type Outcome } from "@scached/fdpass"

/** Repeats of a system call that signals keep interrupting, before it is left to the next turn. */
const interruptionsMax = 8

/** Makes a call until no signal interrupts it, or too often. */
export const repeatInterrupted = (call: () => Outcome): Outcome => {
  let outcome = call()
  for (let left = interruptionsMax; outcome === -Errno.EINTR && left > 0; left--) outcome = call()
  return outcome
}
