/** Connections that are not what they should be, and clients that should not be there. */
import { join } from "node:path"
import { AttributeList } from "@scached/interop"
import { becomes, openDescriptors } from "./Daemon.ts"
import { ask, greeted, type HostileCase, heard, save } from "./HostileCase.ts"
import type { Visitor } from "./Visitor.ts"

const stranger = join(import.meta.dir, "../../../apps/scached/test/programs/connectAsNobody.ts")

const handedOut = (visitor: Visitor): string => {
  visitor.throwAt(AttributeList.request.findEndpoint("E"))
  return heard(visitor) === "status 0" ? "is handed out dead" : "is not handed out"
}

/** See the module. */
export const connectionCases: ReadonlyArray<HostileCase> = [
  {
    name: "a cached connection that its destination has closed",
    scached: "is not handed out",
    run: (victim) => {
      const visitor = greeted(victim)
      save(victim, visitor, "E").far.close()
      return handedOut(visitor)
    }
  },
  {
    name: "a cached connection on which its destination says 421",
    scached: "is not handed out",
    run: (victim) => {
      const visitor = greeted(victim)
      victim.calls.send(save(victim, visitor, "E").far, Buffer.from("421 too busy\r\n"))
      return handedOut(visitor)
    }
  },
  {
    name: "a cached connection that lingers at its close, with unsent data",
    scached: "others are answered",
    needs: "cc",
    run: (victim) => {
      const other = greeted(victim)
      const base = openDescriptors(victim.pid)
      victim.launch("lingering", victim.socketPath)
      if (!becomes(() => openDescriptors(victim.pid) > base)) return "it is not taken"
      // Until its time is over, after a second.
      if (!becomes(() => openDescriptors(victim.pid) === base)) return "it stays"
      return ask(other)
    }
  },
  {
    name: "a user whom nobody has named, where the socket's mode lets everybody in",
    scached: "is disconnected",
    needs: "root",
    run: ({ socketPath }) => {
      const heard = Bun.spawnSync([process.execPath, stranger, socketPath]).stdout.toString().trim()
      return heard === "greeted" ? "is served" : heard === "ended" ? "is disconnected" : heard
    }
  }
]
