import { KernelProcessCalls } from "@scached/fdpass"
import { Reactors } from "@scached/reactor"
import { Effect, Exit } from "effect"
import * as Service from "./service.ts"
import * as TimeZone from "./TimeZone.ts"

/** Runs a service as this process, to its end. */
export const main = (words: ReadonlyArray<string>, processName: string): void => {
  TimeZone.keep(process.env)
  const invocation = { words, processName, environment: process.env }
  Reactors.runMain(Service.run(invocation).pipe(Effect.provide(KernelProcessCalls.layer)), {
    exitCode: (exit) => {
      if (Exit.isSuccess(exit)) return exit.value
      return Reactors.wasInterrupted(exit) ? 0 : 1
    }
  })
}
