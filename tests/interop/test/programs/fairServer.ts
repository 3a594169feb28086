/**
 * A cache that finds nothing, and is as fair as a server may be: of one request it reads 4 KiB a turn, and in each turn another client is
 * answered first.
 *
 *     bun fairServer.ts SOCKET
 */
import type { Socket } from "bun"
import * as AttributeList from "../../src/AttributeList.ts"
import * as Greeting from "../../src/Greeting.ts"

const readBytes = 4096
const endOfList = "\0\0"

interface Session {
  text: string
  turnsLeft: number
}

const waiting = new Set<Socket<Session>>()
const answer = (socket: Socket<Session>): void => {
  socket.write(AttributeList.found.endpoint(2, ""))
}

Bun.listen<Session>({
  unix: process.argv[2] ?? "",
  socket: {
    open: (socket) => {
      socket.data = { text: "", turnsLeft: 0 }
      if (Greeting.isSent()) socket.write(AttributeList.greeting)
    },
    data: (socket, bytes) => {
      const session = socket.data
      session.text += bytes.toString("latin1")
      if (!session.text.endsWith(endOfList)) return
      session.turnsLeft = Math.ceil(session.text.length / readBytes)
      session.text = ""
      if (session.turnsLeft > 1) waiting.add(socket)
      else {
        answer(socket)
        for (const each of waiting) {
          each.data.turnsLeft--
          if (each.data.turnsLeft > 0) continue
          waiting.delete(each)
          answer(each)
        }
      }
    }
  }
})
console.log("listening")
