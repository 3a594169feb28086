/** Errands on sockets whose locks are held: they keep themselves waiting, and nobody else. */
import { expect, test } from "bun:test"
import { join } from "node:path"
import type { Outcome } from "../src/index.ts"
import { kernelCalls as calls, kernelMachine, must } from "./support/machines.ts"
import { untilStuck } from "./support/untilStuck.ts"

const { CI } = process.env

for (const kind of ["tcp", "unix"] as const) {
  test(`a ${kind} socket whose lock another process holds keeps its own errand waiting, and nobody else`, async () => {
    const machine = kernelMachine()
    const listener = must(calls.socket())
    const path = join(machine.directory, "s")
    expect([calls.bind(listener, path), calls.listen(listener, 1)]).toEqual([0, 0])
    const holder = Bun.spawn([process.execPath, join(import.meta.dir, "programs/holdsLock.ts"), kind, path], {
      stdio: ["ignore", "pipe", "inherit"]
    })
    try {
      await untilStuck(holder)
      const socket = calls.accept(listener)
      // Where the kernel lets nobody do this (vm.unprivileged_userfaultfd), root can.
      if (typeof socket === "number")
        return expect([CI, await new Response(holder.stdout).text()]).toEqual([undefined, "cannot\n"])
      const buffer = calls.makeReceiveBuffer(8)
      calls.receive(socket, buffer)
      socket.close()
      const held = buffer.takeDescriptor()
      if (held === undefined) throw new Error("no descriptor came")
      let outcome: Outcome | undefined
      calls.drainElsewhere(held, 4_096, (found) => {
        outcome = found
      })
      const pairs = Array.from({ length: 100 }, () => must(calls.socketPair()))
      let written = 0
      for (const [near] of pairs)
        calls.writeElsewhere(near, Buffer.from("QUIT\r\n"), (count) => {
          written += count
        })
      while (written < 600) {
        calls.tendErrands()
        // Not a sleep of this thread: the test's own limit must be able to end it.
        await Bun.sleep(1)
      }
      expect([outcome, holder.exitCode, calls.errandsUnderWay()]).toEqual([undefined, null, 1])
      holder.kill("SIGKILL")
      while (outcome === undefined) {
        calls.tendErrands()
        await Bun.sleep(1)
      }
      for (const each of [held, ...pairs.flat()]) each.close()
    } finally {
      holder.kill("SIGKILL")
      await holder.exited
      listener.close()
      machine.dispose()
    }
  })
}
