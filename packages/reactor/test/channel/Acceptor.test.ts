import { describe, expect, test } from "bun:test"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Descriptor } from "@scached/fdpass"
import type { KernelOptions } from "@scached/fdpass/testing"
import { Acceptor, type AcceptorHandler, type AcceptorOptions, DescriptorReserve } from "../../src/index.ts"
import { type Machine, makeMachine, must } from "../support/simulations.ts"

const path = "/run/reactor"

/** A machine with an acceptor, and clients of another process that connect at will. */
const listening = (
  options: Partial<KernelOptions> = {},
  on: Partial<AcceptorHandler> = {},
  given: AcceptorOptions & { readonly machine?: Machine } = {}
) => {
  const machine = given.machine ?? makeMachine(options)
  const { calls } = machine.process
  const clients = machine.kernel.process("clients", { faults: {}, descriptorsMax: 8000 })
  const listener = must(calls.socket())
  calls.bind(listener, path)
  calls.listen(listener, 500)
  const sockets: Array<Descriptor> = []
  const troubles: Array<string> = []
  const acceptor = Acceptor.open(
    machine.loop,
    listener,
    {
      onSocket: (socket) => (on.onSocket ?? ((each) => sockets.push(each)))(socket),
      onTrouble: (error, retryMillis) => {
        troubles.push(`${error.message} at ${machine.kernel.nowMillis} for ${retryMillis}`)
        on.onTrouble?.(error, retryMillis)
      },
      onRelief: () => on.onRelief?.()
    },
    given
  )
  if (!(acceptor instanceof Acceptor)) throw acceptor
  return {
    ...machine,
    acceptor,
    sockets,
    troubles,
    connect: (count: number) => {
      for (let left = count; left > 0; left--) {
        const outcome = clients.calls.connect(must(clients.calls.socket()), path)
        if (outcome < 0) throw new Error(`connect: errno ${-outcome}`)
      }
    },
    finish: () => {
      acceptor.close()
      for (const socket of sockets.splice(0)) socket.close()
      listener.close()
      machine.end()
    }
  }
}

describe("accepting", () => {
  test("a bounded number a turn", () => {
    const test = listening()
    test.connect(150)
    const perTurn: Array<number> = []
    for (let turn = 0; turn < 4; turn++) {
      const before = test.sockets.length
      test.turn()
      perTurn.push(test.sockets.length - before)
    }
    expect(perTurn).toEqual([64, 64, 22, 0])
    test.finish()
  })

  test("out of descriptors it rests, retries in virtual time without spinning, and tells once", () => {
    const test = listening({ descriptorsMax: 12 })
    test.connect(20)
    const roomBefore = test.process.room
    // Nothing but the retries can wake it: each turn is one wait.
    for (let turn = 0; turn < 10; turn++) test.loop.turn()
    expect(test.sockets).toHaveLength(roomBefore)
    expect(test.kernel.nowMillis).toBe(500)
    expect(test.troubles).toEqual(["accept4: this process has no descriptors left (EMFILE) at 0 for 100"])
    for (const socket of test.sockets.splice(0, 3)) socket.close()
    for (let turn = 0; turn < 3; turn++) test.loop.turn()
    expect(test.sockets).toHaveLength(roomBefore)
    // Some are still waiting: it is the same trouble.
    expect(test.troubles).toHaveLength(1)
    test.finish()
  })

  test("goes on as soon as a descriptor is free, and says once when everybody is in", () => {
    const relieved: Array<number> = []
    const test = listening({ descriptorsMax: 12 }, { onRelief: () => relieved.push(test.kernel.nowMillis) })
    const room = test.process.room
    test.connect(room + 2)
    test.turn()
    expect([test.sockets.length, test.acceptor.isResting]).toEqual([room, true])
    for (let left = 2; left > 0; left--) {
      expect(relieved).toEqual([])
      test.sockets.shift()?.close()
      test.acceptor.descriptorFreed()
      test.turn(2)
      expect(test.sockets).toHaveLength(room)
    }
    // The last one took the last descriptor, and with none left the kernel does not say whether somebody waits.
    expect([test.acceptor.isResting, relieved]).toEqual([true, []])
    test.sockets.shift()?.close()
    test.acceptor.descriptorFreed()
    test.turn()
    expect([test.acceptor.isResting, relieved, test.kernel.nowMillis]).toEqual([false, [], 0])
    test.connect(1)
    test.sockets.shift()?.close()
    test.turn()
    expect(relieved).toEqual([0])
    test.acceptor.descriptorFreed()
    test.finish()
  })

  /** An hour, in each second of which `act` happens. */
  const anHourOf = (test: ReturnType<typeof listening>, act: () => void): void => {
    for (let second = 1; second <= 3_600; second++) {
      let isOver = false
      test.loop.at(second * 1_000, () => {
        isOver = true
      })
      while (!isOver) test.loop.turn()
      act()
    }
  }

  test("an hour at its limit, with one that comes for each that leaves, is one trouble", () => {
    const test = listening({ descriptorsMax: 12 })
    test.connect(test.process.room + 1)
    test.turn()
    anHourOf(test, () => {
      test.connect(1)
      test.sockets.shift()?.close()
    })
    expect(test.troubles).toHaveLength(1)
    test.finish()
  })

  test("a trouble that comes and goes all the time is told once a minute, and so is its end", () => {
    let relieved = 0
    const test = listening({ descriptorsMax: 12 }, { onRelief: () => relieved++ })
    test.connect(test.process.room)
    test.turn()
    anHourOf(test, () => {
      for (const socket of test.sockets.splice(0, 2)) socket.close()
      test.connect(1)
      test.turn(2)
      test.connect(1)
      test.turn(2)
    })
    // At the start, and at the end of each minute.
    expect(test.troubles).toHaveLength(61)
    expect(relieved).toBe(60)
    test.finish()
  })

  test("what becomes free fills the reserve first", () => {
    const machine = makeMachine({ descriptorsMax: 12 })
    const reserve = DescriptorReserve.open(machine.process.calls, 3)
    const test = listening({}, {}, { machine, reserve })
    test.connect(20)
    test.turn()
    expect(machine.process.room).toBe(0)
    const accepted = test.sockets.length
    // A log that opens a socket in the middle of the trouble, and keeps it.
    const log = reserve.lend(() => must(machine.process.calls.socket()))
    expect(reserve.size).toBe(2)
    for (const size of [3, 3]) {
      test.sockets.shift()?.close()
      test.acceptor.descriptorFreed()
      test.turn(2)
      expect([reserve.size, machine.process.room]).toEqual([size, 0])
    }
    expect(test.sockets).toHaveLength(accepted - 1)
    log.close()
    reserve.close()
    test.finish()
  })

  test("paused it accepts nobody, whatever becomes free, and nobody is lost", () => {
    const test = listening()
    test.acceptor.pause()
    test.connect(3)
    test.acceptor.descriptorFreed()
    test.turn(3)
    expect(test.sockets).toHaveLength(0)
    test.acceptor.resume()
    test.acceptor.resume()
    test.turn()
    expect(test.sockets).toHaveLength(3)
    test.acceptor.pause()
    test.finish()
  })

  test("aborted connections, signals and false alarms pass", () => {
    const test = listening({
      faults: {
        script: [
          { call: "accept", nth: 1, fault: "connectionAborted" },
          { call: "accept", nth: 2, fault: "interrupted" },
          { call: "accept", nth: 4, fault: "notReady" }
        ]
      }
    })
    test.connect(5)
    test.turn(3)
    expect(test.sockets).toHaveLength(4)
    expect(test.troubles).toEqual([])
    test.finish()
  })

  test("goes on when watching the listener again is refused at first", () => {
    const test = listening({
      faults: {
        script: [
          { call: "accept", nth: 1, fault: "systemTableFull" },
          { call: "epollAdd", nth: 2, fault: "watchLimit" }
        ]
      }
    })
    test.connect(1)
    for (let turn = 0; turn < 4; turn++) test.loop.turn()
    expect(test.sockets).toHaveLength(1)
    expect(test.troubles.map((each) => each.split(":")[0])).toEqual(["accept4", "epoll_ctl"])
    test.finish()
  })
})

describe("closing", () => {
  test("within onSocket stops at once; the rest stays in the backlog", () => {
    const accepted: Array<Descriptor> = []
    const test = listening(
      {},
      {
        onSocket: (socket) => {
          accepted.push(socket)
          if (accepted.length === 3) test.acceptor.close()
        }
      }
    )
    test.connect(10)
    test.turn(3)
    expect(accepted).toHaveLength(3)
    for (const socket of accepted) socket.close()
    test.finish()
  })

  test("within onTrouble leaves no timer behind", () => {
    const test = listening({ descriptorsMax: 6 }, { onTrouble: () => test.acceptor.close() })
    test.connect(10)
    test.turn(3)
    expect(test.loop.pendingTimers).toBe(0)
    expect(test.loop.watched).toBe(0)
    test.finish()
  })

  test("an owner that throws loses that client, and others come in", () => {
    let calls = 0
    const test = listening(
      {},
      {
        onSocket: (socket) => {
          calls++
          if (calls === 2) throw "defect"
          if (calls === 3) {
            taken.push(socket.take())
            throw "defect after taking"
          }
          taken.push(socket)
        }
      }
    )
    const taken: Array<Descriptor> = []
    const told: Array<unknown> = []
    test.loop.onDefect = (defect) => told.push(defect)
    test.connect(5)
    test.turn(3)
    expect(told).toEqual(["defect", "defect after taking"])
    expect(taken.filter((each) => each.isOwned)).toHaveLength(4)
    for (const socket of taken) socket.close()
    test.finish()
  })
})

test("on the real kernel: at the limit nobody is lost, nothing spins, and it goes on when a descriptor is free", () => {
  const directory = mkdtempSync(join(tmpdir(), "reactor-"))
  const program = join(import.meta.dir, "../programs/outOfDescriptors.ts")
  const run = Bun.spawnSync([process.execPath, program, directory])
  rmSync(directory, { recursive: true })
  expect([run.stderr.toString(), run.signalCode]).toEqual(["", undefined])
  expect(JSON.parse(run.stdout.toString())).toEqual({
    atLimit: 5,
    isSpinning: false,
    isLogOpened: true,
    reserve: 2,
    // Three left, and only two were waiting.
    afterwards: 4,
    // Five of the eight were accepted and closed from here.
    heard: 3,
    told: ["EMFILE", "over"]
  })
})
