import type { Descriptor } from "@scached/fdpass"

let hasWarned = false

/** Tells the programmer, once in the life of a process: a program that forgets one connection forgets more. */
const warn = (): void => {
  if (hasWarned) return
  hasWarned = true
  const warning =
    "a connection that was found in the cache was neither used nor closed, and the garbage collector came upon it: " +
    "hold it with `using`; further ones are closed without a warning"
  process.emitWarning(warning, { type: "ScachedWarning", code: "SCACHED_FORGOTTEN" })
}

/** What closes a connection that its finder has forgotten. It is made here, where nothing of the connection is in reach. */
export const closerOfForgotten =
  (letGo: (descriptor: Descriptor) => void) =>
  (forgotten: Descriptor): void => {
    warn()
    letGo(forgotten)
  }
