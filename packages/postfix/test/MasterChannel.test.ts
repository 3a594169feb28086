import { expect, test } from "bun:test"
import { Effect } from "effect"
import { MasterChannel } from "../src/index.ts"
import { must, type Stage, simulate } from "./daemons.ts"

/** Plays master(8): gives the daemon a status channel and listening sockets. */
const play = ({ daemon, other }: Stage, listeners: number) => {
  const [ours, theirs] = must(other.calls.socketPair())
  daemon.inherit(other, theirs, 5)
  theirs.close()
  const sockets = Array.from({ length: listeners }, (_, index) => {
    const socket = must(other.calls.socket())
    other.calls.bind(socket, `/run/service${index}`)
    other.calls.listen(socket, 8)
    daemon.inherit(other, socket, 6 + index)
    return socket
  })
  return { status: ours, sockets }
}

test("the channel ends when master does, and tells it what it is told", () => {
  simulate((stage) =>
    Effect.gen(function* () {
      const master = play(stage, 0)
      const channel = yield* MasterChannel.open()
      expect(channel.tell(Buffer.from("taken"))).toBe(true)
      const buffer = stage.other.calls.makeReceiveBuffer(64)
      expect(stage.other.calls.receive(master.status, buffer)).toBe(5)
      stage.kernel.addActor({
        name: "the death of master",
        step: () => {
          if (stage.kernel.nowMillis < 5_000) return { wakeAtMillis: 5_000 }
          stage.other.die()
          return "done"
        }
      })
      yield* channel.gone
      expect(stage.kernel.nowMillis).toBe(5_000)
      expect(channel.tell(Buffer.from("late"))).toBe(false)
    })
  )
})

test("listening sockets are taken under their numbers, and closed with the scope", () => {
  simulate((stage) =>
    Effect.gen(function* () {
      play(stage, 3)
      yield* MasterChannel.open()
      expect(yield* MasterChannel.listeners(3)).toHaveLength(3)
    })
  )
})

test("what master did not pass is named", () => {
  const messages = simulate(({ daemon, other }) =>
    Effect.gen(function* () {
      const missing = yield* Effect.flip(MasterChannel.open())
      const [one, two] = must(other.calls.socketPair())
      const epoll = must(other.calls.epollCreate())
      daemon.inherit(other, epoll, 5)
      const strange = yield* Effect.flip(MasterChannel.open())
      daemon.calls.adopt(5).close()
      epoll.close()
      daemon.inherit(other, one, 6)
      const wrong = yield* Effect.flip(MasterChannel.listeners(1))
      daemon.calls.adopt(6).close()
      one.close()
      two.close()
      return [missing.message, wrong.message, strange.message]
    })
  )
  expect(messages[0]).toContain("descriptor 5 should be the status channel of master(8), but it is not open")
  expect(messages[2]).toContain("the status channel of master(8), but it is neither a pipe nor a socket")
  expect(messages[1]).toContain("descriptor 6 should be a listening socket, but it is stream")
})
