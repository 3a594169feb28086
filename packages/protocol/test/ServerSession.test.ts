import { describe, expect, test } from "bun:test"
import { ServerSession } from "../src/index.ts"
import { act } from "./support/acts.ts"
import { dummy, list, text } from "./support/lists.ts"
import { ServerDriver } from "./support/ServerDriver.ts"
import { allSplits, join, type Read } from "./support/splits.ts"

const save = list("request=save_endp", "ttl=5", "label=e", "property=p")
const find = list("request=find_endp", "label=e")
const findDestination = list("request=find_dest", "label=d")
const miss = list("request=find_endp", "label=no")
const bind = list("request=save_dest", "ttl=5", "label=d", "property=dp", "label=e")
const carrying: Read = { bytes: new Uint8Array([0]), descriptor: "7" }
const write = (...parts: ReadonlyArray<Uint8Array>): Read => ({ bytes: join(parts) })

interface Vector {
  readonly name: string
  readonly writes: ReadonlyArray<Read>
  readonly sent: string
  readonly steps: ReadonlyArray<string>
  readonly descriptorsOut?: ReadonlyArray<string>
  /** A descriptor is found stray at the end of the read it came with, so a split decides what comes before it. */
  readonly anyOrder?: true
}

const vectors: ReadonlyArray<Vector> = [
  {
    name: "save_endp, its descriptor in a read of its own",
    writes: [write(save), carrying],
    sent: "dummy|||status|0||",
    steps: ["SaveEndpoint"],
    descriptorsOut: ["7"]
  },
  {
    name: "save_endp, a byte without a descriptor, whatever it is",
    writes: [write(save, new Uint8Array([0x78]), miss)],
    sent: "dummy|||status|2||status|2|property|||",
    steps: ["SaveEndpoint", "FindEndpoint"]
  },
  {
    name: "a descriptor that comes with the request's bytes only is stray",
    writes: [{ bytes: save, descriptor: "7" }, write(new Uint8Array([0]))],
    sent: "dummy|||status|2||",
    steps: ["Stray", "SaveEndpoint"],
    descriptorsOut: ["7"]
  },
  {
    name: "a descriptor that comes after its byte is stray",
    writes: [write(save, new Uint8Array([0])), { bytes: miss, descriptor: "7" }],
    sent: "dummy|||status|2||status|2|property|||",
    steps: ["SaveEndpoint", "FindEndpoint", "Stray"],
    anyOrder: true,
    descriptorsOut: ["7"]
  },
  {
    name: "a find that hands over, the last dummy with the next request",
    writes: [write(find), write(dummy), write(dummy, miss)],
    sent: "status|0|property|P||<D>status|2|property|||",
    steps: ["FindEndpoint", "SendDescriptor", "HandedOver", "FindEndpoint"]
  },
  {
    name: "everything early, in one write",
    writes: [write(find, dummy, dummy, findDestination, dummy, dummy, bind, miss)],
    sent: "status|0|property|P||<D>status|0|property|DP|property|P||<D>status|0||status|2|property|||",
    steps: [
      "FindEndpoint",
      "SendDescriptor",
      "HandedOver",
      "FindDestination",
      "SendDescriptor",
      "HandedOver",
      "SaveDestination",
      "FindEndpoint"
    ]
  },
  {
    name: "something else in place of the first dummy is dropped",
    writes: [write(find, miss, miss)],
    sent: "status|0|property|P||status|2|property|||",
    steps: ["FindEndpoint", "HandOverRefused", "FindEndpoint"]
  },
  {
    name: "something else in place of the last dummy is dropped",
    writes: [write(find, dummy, new Uint8Array([0]), miss)],
    sent: "status|0|property|P||<D>status|2|property|||",
    steps: ["FindEndpoint", "SendDescriptor", "HandOverRefused", "FindEndpoint"]
  },
  {
    name: "lists that do not begin with request are answered, stray dummies are not",
    writes: [write(dummy, list(), list("label=x", "request=find_endp"), list("dummy=", "x=y"), miss)],
    sent: "status|1||status|1||status|2|property|||",
    steps: ["Skipped", "Malformed", "Malformed", "Skipped", "FindEndpoint"]
  },
  {
    name: "malformed requests are answered in the shape of the request",
    writes: [
      write(
        list("request=find_dest", "x=y"),
        list("request=find_endp"),
        list("request=x"),
        list("request=save_endp"),
        miss
      )
    ],
    sent: "status|1|property||property|||status|1|property|||status|1||status|1||status|2|property|||",
    steps: ["Malformed", "Malformed", "Malformed", "Malformed", "FindEndpoint"]
  },
  {
    name: "two descriptors: the second is stray",
    writes: [write(save), carrying, { ...carrying, descriptor: "8" }],
    sent: "dummy|||status|0||status|1||",
    steps: ["SaveEndpoint", "Malformed", "Stray"],
    descriptorsOut: ["7", "8"]
  }
]

const tags = (driver: ServerDriver): Array<string> => driver.steps.map((step) => step.slice(0, step.indexOf(" ")))

for (const [how, split] of allSplits) {
  describe(how, () => {
    for (const vector of vectors) {
      test(vector.name, () => {
        const driver = new ServerDriver(act, { greeting: false })
        const cut = split()
        for (const each of vector.writes) driver.feed(cut(each))
        expect(driver.sent).toBe(vector.sent)
        if (vector.anyOrder) expect(tags(driver).sort()).toEqual([...vector.steps].sort())
        else expect(tags(driver)).toEqual([...vector.steps])
        expect(driver.descriptorsOut).toEqual([...(vector.descriptorsOut ?? [])])
        expect(driver.session.state).toBe("between requests")
      })
    }
  })
}

test("a descriptor with a read that holds the request and its byte belongs to the byte", () => {
  const driver = new ServerDriver(act, { greeting: false })
  driver.feed([{ bytes: join([save, new Uint8Array([0]), miss]), descriptor: "7" }])
  expect(tags(driver)).toEqual(["SaveEndpoint", "FindEndpoint"])
  expect(driver.descriptorsOut).toEqual(["7"])
})

test("it greets unless told not to", () => {
  expect(text(new ServerSession().output())).toBe("protocol|connection_cache_protocol||")
  expect(new ServerSession({ greeting: false }).output()).toBeUndefined()
})

describe("a request too large", () => {
  for (const [how, split] of allSplits) {
    const of = (byteCount: number) => list("request=find_endp", `label=${"n".repeat(byteCount - 27)}o`)
    test(`${how}: the limit itself is fine`, () => {
      const driver = new ServerDriver(act, { greeting: false, requestBytesMax: 300 })
      driver.feed(split()(write(list("request=find_endp", `label=no${"x".repeat(272)}`))))
      expect(tags(driver)).toEqual(["FindEndpoint"])
    })
    test(`${how}: one byte more is fatal, and nothing is read any more`, () => {
      const driver = new ServerDriver(act, { greeting: false, requestBytesMax: 300 })
      expect(of(301).length).toBe(301)
      driver.feed(split()(write(miss, of(301), miss, miss)))
      driver.feed([carrying])
      expect(tags(driver)).toEqual(["FindEndpoint", "Malformed", "Stray"])
      expect(driver.steps[1]).toContain("RequestTooLarge")
      expect(driver.steps[1]).toContain('"fatal":true')
      expect(driver.sent).toBe("status|2|property|||status|1|property|||")
      expect(driver.session.state).toBe("over")
      expect(driver.session.owesBytes).toBe(false)
    })
    test(`${how}: so are as many bytes without an end, at once`, () => {
      const driver = new ServerDriver(act, { greeting: false, requestBytesMax: 300 })
      driver.feed(split()(write(of(301).subarray(0, 299))))
      expect(tags(driver)).toEqual([])
      driver.feed([write(of(301).subarray(299, 300))])
      expect(tags(driver)).toEqual(["Malformed"])
    })
    test(`${how}: so is one in place of a dummy`, () => {
      const driver = new ServerDriver(act, { greeting: false, requestBytesMax: 300 })
      driver.feed(split()(write(find, of(301))))
      expect(tags(driver)).toEqual(["FindEndpoint", "HandOverRefused"])
      expect(driver.steps[1]).toContain('"fatal":true')
      expect(driver.sent).toBe("status|0|property|P||")
    })
  }
})

test("a refused hand-over says whether the descriptor was sent", () => {
  const driver = new ServerDriver(act, { greeting: false })
  driver.feed([write(find, miss, find, dummy, miss)])
  const refused = driver.steps.filter((step) => step.startsWith("HandOverRefused"))
  expect(refused.length).toBe(2)
  expect(refused[0]).toContain('"descriptorSent":false,"fatal":false')
  expect(refused[1]).toContain('"descriptorSent":true,"fatal":false')
  expect(refused[1]).toContain('find_endp: the connection was not handed over: expected attribute \\"dummy\\", found')
})

test("where the client owes bytes and where it does not", () => {
  const session = new ServerSession<string>({ greeting: false })
  const feed = (bytes: Uint8Array, descriptor?: string) => {
    session.push(bytes, descriptor)
    const step = session.next()
    if (step._tag === "SaveEndpoint" || step._tag === "FindEndpoint") expect(session.owesBytes).toBe(false)
    act(step, session)
    if (step._tag !== "Idle") expect(session.next()._tag).toBe("Idle")
    return [session.state, session.owesBytes, session.handOver] as const
  }
  expect([session.state, session.owesBytes]).toEqual(["between requests", false])
  expect(feed(save.subarray(0, 1))).toEqual(["inside a request", true, "none"])
  expect(feed(save.subarray(1))).toEqual(["awaiting the descriptor", true, "none"])
  expect(feed(new Uint8Array([0]), "7")).toEqual(["between requests", false, "none"])
  expect(feed(find)).toEqual(["awaiting the client's dummy", true, "offered"])
  expect(feed(dummy)).toEqual(["awaiting the client's last dummy", true, "sent"])
  expect(feed(dummy)).toEqual(["between requests", false, "none"])
  expect(feed(find)).toEqual(["awaiting the client's dummy", true, "offered"])
  expect(session.close()).toEqual({ descriptor: undefined, handOver: "offered" })
  expect([session.state, session.owesBytes]).toEqual(["over", false])
})

test("close gives back a descriptor that no step has passed on", () => {
  const session = new ServerSession<string>({ greeting: false })
  session.push(join([miss, save]), "7")
  expect(session.next()._tag).toBe("FindEndpoint")
  expect(session.close()).toEqual({ descriptor: "7", handOver: "none" })
  expect(session.close()).toEqual({ descriptor: undefined, handOver: "none" })
  expect(session.next()._tag).toBe("Idle")
})

test("a descriptor that cannot be sent ends the session", () => {
  const session = new ServerSession<string>({ greeting: false })
  session.push(join([find, dummy, miss]))
  expect(session.next()._tag).toBe("FindEndpoint")
  act({ _tag: "FindEndpoint", request: { _tag: "FindEndpoint", label: "e" as never } }, session)
  expect(session.next()._tag).toBe("SendDescriptor")
  expect(session.handOver).toBe("offered")
  session.descriptorFailed()
  expect([session.next()._tag, session.state, session.handOver]).toEqual(["Idle", "over", "none"])
})

test("retain lets the array go before the loop is at its end", () => {
  const session = new ServerSession<string>({ greeting: false })
  const shared = new Uint8Array(join([find, dummy, dummy, miss]))
  session.push(shared)
  act(session.next(), session)
  session.retain()
  shared.fill(0x2a)
  const rest: Array<string> = []
  for (let step = session.next(); step._tag !== "Idle"; step = session.next()) {
    rest.push(step._tag)
    act(step, session)
  }
  expect(rest).toEqual(["SendDescriptor", "HandedOver", "FindEndpoint"])
})

describe("defects of the driver throw", () => {
  const at = (...parts: ReadonlyArray<Uint8Array>) => {
    const session = new ServerSession<string>({ greeting: false })
    session.push(join(parts))
    return session
  }
  test("next before the answer", () => {
    const session = at(find, dummy)
    session.next()
    expect(() => session.next()).toThrow("before the step was answered")
    act({ _tag: "FindEndpoint", request: { _tag: "FindEndpoint", label: "e" as never } }, session)
    session.next()
    expect(() => session.next()).toThrow("sending the descriptor")
  })
  test("answers that are not due, or of the wrong kind", () => {
    const session = at(find)
    expect(() => session.replyStatus(2)).toThrow("no answer is due")
    expect(() => session.descriptorSent()).toThrow("none is due")
    expect(() => session.descriptorFailed()).toThrow("none is due")
    session.next()
    expect(() => session.replyStatus(0)).toThrow("expected replyFound")
    const other = at(find)
    other.next()
    expect(() => other.replyFound("p" as never, "d" as never)).toThrow("destination properties")
    const saving = at(bind)
    saving.next()
    expect(() => saving.replyFound("p" as never)).toThrow("destination properties")
  })
  test("push before Idle", () => {
    const session = at(miss)
    expect(() => session.push(miss)).toThrow("before next() has answered Idle")
  })
  test("a limit that is none", () => {
    expect(() => new ServerSession({ requestBytesMax: 0 })).toThrow("requestBytesMax is 0")
  })
})

describe("a driver that stops in the middle of a read", () => {
  /** Takes the steps of the first request, and answers it. */
  const stopBehindFirst = (...parts: ReadonlyArray<Uint8Array>) => {
    const session = new ServerSession<string>({ greeting: false })
    session.push(join(parts), "7")
    expect(session.next()._tag).toBe("FindEndpoint")
    session.replyStatus(2)
    return session
  }

  test("gets a descriptor that is due nowhere behind it, once", () => {
    const session = stopBehindFirst(miss, find, bind)
    expect(session.takeStray()).toBe("7")
    expect(session.takeStray()).toBeUndefined()
    expect(session.next()._tag).toBe("FindEndpoint")
  })

  test("leaves one that a save behind it may have", () => {
    const session = stopBehindFirst(miss, save, new Uint8Array([0]))
    expect(session.takeStray()).toBeUndefined()
    expect(session.next()).toMatchObject({ _tag: "SaveEndpoint", descriptor: "7" })
  })

  test("gets it when the session is over", () => {
    const session = new ServerSession<string>({ greeting: false, requestBytesMax: 100 })
    session.push(join([new Uint8Array(200).fill(0x78)]), "7")
    expect(session.next()).toMatchObject({ _tag: "Malformed", fatal: true })
    expect(session.takeStray()).toBe("7")
  })
})
