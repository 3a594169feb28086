import { describe, expect, test } from "bun:test"
import type { Descriptor } from "@scached/fdpass"
import type { KernelOptions } from "@scached/fdpass/SimulatedSystemCalls"
import { Acceptor, type AcceptorHandler } from "../src/index.ts"
import { makeMachine, must } from "./simulations.ts"

const path = "/run/reactor"

/** A machine with an acceptor, and clients of another process that connect at will. */
const listening = (options: Partial<KernelOptions> = {}, on: Partial<AcceptorHandler> = {}) => {
  const machine = makeMachine(options)
  const { calls } = machine.process
  const clients = machine.kernel.process("clients", { faults: {}, descriptorsMax: 1000 })
  const listener = must(calls.socket())
  calls.bind(listener, path)
  calls.listen(listener, 500)
  const sockets: Array<Descriptor> = []
  const troubles: Array<string> = []
  const acceptor = Acceptor.open(machine.loop, listener, {
    onSocket: (socket) => (on.onSocket ?? ((each) => sockets.push(each)))(socket),
    onTrouble: (error, retryMillis) => {
      troubles.push(`${error.message} at ${machine.kernel.nowMillis} for ${retryMillis}`)
      on.onTrouble?.(error, retryMillis)
    }
  })
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
    // It worked in between: this is a new trouble.
    expect(test.troubles).toHaveLength(2)
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
