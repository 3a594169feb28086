import { Errno, type Outcome } from "@scached/fdpass"

/** The same call may succeed when it is made again. */
export const isRetryable = (outcome: Outcome): boolean => outcome === -Errno.EAGAIN || outcome === -Errno.EINTR

/** What accept says while nothing is wrong with the listener. */
export const isPassing = (outcome: Outcome): boolean => isRetryable(outcome) || outcome === -Errno.ECONNABORTED
