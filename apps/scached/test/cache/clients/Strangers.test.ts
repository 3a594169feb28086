/** Who may connect. */
import { describe, expect, test } from "bun:test"
import { Access } from "../../../src/settings/Access.ts"
import * as Message from "../../simulation/client/Message.ts"
import { Stage } from "../../simulation/Stage.ts"

describe("access", () => {
  const peer = (uid: number, gid: number) => ({ pid: 1, uid, gid })
  const nobodyElse = () => []

  test("by user, by group, by supplementary group", () => {
    const access = new Access([0, 89], [100])
    expect(access.admits(peer(89, 5), nobodyElse)).toBe(true)
    expect(access.admits(peer(7, 100), nobodyElse)).toBe(true)
    expect(access.admits(peer(7, 5), () => [3, 100])).toBe(true)
    expect(access.admits(peer(7, 89), () => [0, 89])).toBe(false)
    expect(access.admits(peer(-1, -1), nobodyElse)).toBe(false)
  })

  test("asks for supplementary groups only where they decide", () => {
    const never = () => {
      throw new Error("asked")
    }
    expect(new Access([0]).admits(peer(7, 7), never)).toBe(false)
    expect(new Access([7], [1]).admits(peer(7, 7), never)).toBe(true)
  })
})

test("a stranger gets nothing but the end, whatever it sends, and what it passes is closed", () => {
  const stage = new Stage({ settings: { access: new Access([0]) } })
  stage.save(0, "e", ["first"])
  const stranger = stage.stranger(1_000, function* (client) {
    yield* client.connect()
    const cargo = client.process.connection("its own")
    yield* client.say([Message.request(Message.findEndpoint("e")), Message.dummy], [cargo])
    yield* client.listen(100)
  })
  const taken = stage.take(2_000, "e")
  stage.run()
  expect(stranger.conversation.isClosed).toBe(true)
  expect(taken).toEqual(["first"])
  expect(stage.machine.observer.server?.statistics.totals).toMatchObject({ strangers: 1, clients: 2 })
  expect(stage.journal).toEqual([
    expect.stringMatching(/^client pid=\d+ uid=4242 gid=0: refused, its user may not connect/)
  ])
})

test("strangers take nobody's place", () => {
  const stage = new Stage({ settings: { access: new Access([0]), clientsMax: 1 } })
  for (let index = 0; index < 5; index++) {
    stage.stranger(0, function* (client) {
      yield* client.connect()
      yield* client.sleep(10_000)
    })
  }
  const client = stage.politely(1, (polite) => polite.client.sleep(1))
  stage.run()
  expect(client.conversation.acceptedAtMillis).toBe(1)
})
