import { expect } from "bun:test"
import type { Descriptor } from "@scached/fdpass"
import type { KernelOptions } from "@scached/fdpass/testing"
import { IdleWatcher, type IdleWatcherOptions } from "../../src/index.ts"
import { makeMachine } from "./simulations.ts"

/** A machine with a watcher, and connections of which the far ends belong to somebody else. */
export const resting = (options: Partial<IdleWatcherOptions> = {}, kernel: Partial<KernelOptions> = {}) => {
  const machine = makeMachine(kernel)
  const watcher = new IdleWatcher(machine.loop, { interest: "hang-up", afterMillis: 100, ...options })
  const events: Array<string> = []
  const open: Array<Descriptor> = []
  const save = (name: string) => {
    const [near, far] = machine.pair()
    open.push(near, far)
    const watch = watcher.watch(near, (state) => events.push(`${name} ${state} at ${machine.kernel.nowMillis}`))
    return { near, far, watch }
  }
  // One is that of the set itself, which is made with the watcher.
  const added = () => machine.process.callCount("epollAdd") - 1
  return {
    ...machine,
    watcher,
    events,
    save,
    /** Lets that much time pass, turn by turn. */
    pass: (millis: number) => {
      const end = machine.kernel.nowMillis + millis
      let isOver = false
      machine.loop.at(end, () => {
        isOver = true
      })
      while (!isOver) machine.loop.turn()
    },
    added,
    /** Connections that the kernel was told to watch, and not to forget. */
    inKernel: () => added() - machine.process.callCount("epollRemove"),
    finish: () => {
      watcher.close()
      expect([machine.loop.watched, machine.loop.pendingTimers]).toEqual([0, 0])
      for (const each of open) if (each.isOwned) each.close()
      machine.end()
    }
  }
}
