/** Exchanges that are broken off, damaged, or not in their turn. */
import { AttributeList, CacheExchange } from "@scached/interop"
import { becomes, openDescriptors } from "./Daemon.ts"
import { answerMillisMax, ask, greeted, type HostileCase, heard, save, ttlSeconds } from "./HostileCase.ts"
import { isHeld, offer } from "./Visitor.ts"

/** See the module. */
export const exchangeCases: ReadonlyArray<HostileCase> = [
  {
    name: "a client stops inside a request",
    scached: "others are answered",
    run: (victim) => {
      const other = greeted(victim)
      greeted(victim).throwAt(AttributeList.request.findEndpoint("x").subarray(0, 12))
      return ask(other)
    }
  },
  {
    name: "a client stops between its find and the descriptor",
    scached: "others are answered",
    run: (victim) => {
      const [saver, other, finder] = [greeted(victim), greeted(victim), greeted(victim)]
      save(victim, saver, "E")
      finder.throwAt(AttributeList.request.findEndpoint("E"))
      finder.conversation.expect(AttributeList.found.endpoint(0, "p"))
      return ask(other)
    }
  },
  {
    name: "a client dies between the find's reply and the descriptor",
    scached: "the connection is back in its place",
    run: (victim) => {
      const [saver, finder] = [greeted(victim), greeted(victim)]
      const { mark } = save(victim, saver, "E")
      save(victim, saver, "E")
      finder.throwAt(AttributeList.request.findEndpoint("E"))
      finder.conversation.expect(AttributeList.found.endpoint(0, "p"))
      const before = openDescriptors(victim.pid)
      finder.leave()
      becomes(() => openDescriptors(victim.pid) < before)
      const found = CacheExchange.findEndpoint(victim.calls, saver.conversation, "E", "p")
      return found === mark ? "the connection is back in its place" : "the connection is lost"
    }
  },
  {
    name: "a client dies with the descriptor unread",
    scached: "the connection is back in its place",
    run: (victim) => {
      const [saver, finder] = [greeted(victim), greeted(victim)]
      const offered = save(victim, saver, "E")
      finder.throwAt(AttributeList.request.findEndpoint("E"))
      finder.conversation.expect(AttributeList.found.endpoint(0, "p"))
      finder.throwAt(AttributeList.dummy)
      finder.conversation.hearsWithin(answerMillisMax)
      const before = openDescriptors(victim.pid)
      finder.leave()
      becomes(() => openDescriptors(victim.pid) < before)
      return isHeld(victim.calls, offered) ? "the connection is back in its place" : "the connection is lost"
    }
  },
  {
    name: "two descriptors in one message",
    scached: "status 0; nothing leaks",
    run: (victim) => {
      const visitor = greeted(victim)
      const base = openDescriptors(victim.pid)
      visitor.throwAt(AttributeList.request.saveEndpoint(ttlSeconds, "E", "p"))
      visitor.conversation.expect(AttributeList.dummy)
      const offered = offer(victim.calls)
      victim.rude.sendCopies(visitor.socket, offered.near, 2)
      const answer = heard(visitor)
      visitor.leave()
      const kept = answer === "status 0" ? 1 : 0
      const rest = () => openDescriptors(victim.pid) - (base - 1) - kept
      const isRight = becomes(() => rest() === 0)
      return `${answer}; ${isRight ? "nothing leaks" : `${rest()} leaked`}`
    }
  },
  {
    name: "three requests in one write",
    scached: "3 answers",
    run: (victim) => {
      const visitor = greeted(victim)
      const request = AttributeList.request.findEndpoint("x")
      visitor.throwAt(Buffer.concat([request, request, request]))
      let [answers, hasEnded] = [0, false]
      while (answers < 3 && !hasEnded && visitor.conversation.hearsWithin(answerMillisMax)) {
        const { bytes, ended } = visitor.conversation.takeArrived()
        answers += bytes.toString("latin1").split("status").length - 1
        hasEnded = ended
      }
      return `${answers} ${answers === 1 ? "answer" : "answers"}`
    }
  },
  {
    name: "an empty list",
    scached: "status 1",
    run: (victim) => {
      const visitor = greeted(victim)
      visitor.throwAt(AttributeList.list())
      return heard(visitor)
    }
  },
  {
    name: "a request, and no more is sent (half-closed)",
    scached: "status 2",
    run: (victim) => {
      const visitor = greeted(victim)
      visitor.throwAt(AttributeList.request.findEndpoint("x"))
      victim.rude.halfClose(visitor.socket)
      return heard(visitor).replace(", disconnected", "")
    }
  }
]
