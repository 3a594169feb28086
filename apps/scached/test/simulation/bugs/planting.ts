/**
 * How bugs are planted: by patching the daemon's classes, or between it and its calls, for the time of a run; no line of the daemon knows of
 * it.
 */
import { ServerSession } from "@scached/protocol"
import type { Machine, Sabotage } from "../Machine.ts"

/** A bug, and what it is found by. */
export interface PlantedBug {
  readonly name: string
  readonly found: RegExp
  /** Plants it; the result takes it out again. */
  readonly plant: () => Planted
}

/** A bug in place. */
export interface Planted {
  readonly sabotage?: Sabotage
  readonly restore: () => void
}

/** Replaces a method of a class for a while. */
export const patch = <T extends object, K extends keyof T>(
  prototype: T,
  key: K,
  make: (original: T[K]) => T[K]
): Planted => {
  const original = prototype[key]
  prototype[key] = make(original)
  return {
    restore: () => {
      prototype[key] = original
    }
  }
}

/** A bug that needs to know the machine it is in. */
export const onMachine = (make: (machine: () => Machine) => Planted): Planted => {
  let machine: Machine | undefined
  const planted = make(() => {
    if (machine === undefined) throw new Error("no machine is running")
    return machine
  })
  const calls: Sabotage["calls"] = (given, running) => {
    machine = running
    return given
  }
  return { ...planted, sabotage: { calls } }
}

/** Does nothing, in place of something that does. */
export const unchanged = () => {}

/** A descriptor that is due nowhere is forgotten, and stays open. */
export const forgetStrays = (): Planted =>
  patch(
    ServerSession.prototype,
    "next",
    (original) =>
      function (this: ServerSession<unknown>) {
        let step = original.call(this)
        while (step._tag === "Stray") step = original.call(this)
        return step
      }
  )
