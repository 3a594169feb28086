/**
 * The destination of all mail: takes it, and appends the queue identifier of each to a file before it says so.
 *
 *     bun sink.ts ADDRESS PORT FILE
 *
 * On SIGTERM it lets each message that is on its way arrive, and notes those whose reply may not have been read (`?` behind the
 * identifier): SMTP itself may have these delivered again.
 */
import { appendFileSync } from "node:fs"
import type { Socket } from "bun"

const [, , hostname = "", port = "", file = ""] = process.argv

interface Session {
  text: string
  isInData: boolean
  /** The message whose reply was the last thing said here. */
  repliedLast: string | undefined
}

const sessions = new Set<Socket<Session>>()
let isEnding = false

const leave = (socket: Socket<Session>): void => {
  const { repliedLast } = socket.data
  if (repliedLast !== undefined) appendFileSync(file, `${repliedLast} ?\n`)
  sessions.delete(socket)
  socket.end()
  if (isEnding && sessions.size === 0) process.exit(0)
}

const command = (socket: Socket<Session>, line: string): void => {
  const verb = line.slice(0, 4).toUpperCase()
  socket.data.repliedLast = undefined
  if (verb === "DATA") {
    socket.data.isInData = true
    socket.write("354 go on\r\n")
  } else if (verb === "QUIT") {
    socket.write("221 bye\r\n")
    leave(socket)
  } else socket.write("250 ok\r\n")
}

const message = (socket: Socket<Session>, text: string): void => {
  const id = /^\s*(?:.*\s)?id ([0-9A-Za-z]{6,})/m.exec(text)?.[1] ?? "none"
  appendFileSync(file, `${id}\n`)
  socket.data.isInData = false
  socket.data.repliedLast = id
  socket.write("250 kept\r\n")
  if (isEnding) leave(socket)
}

const advance = (socket: Socket<Session>): void => {
  const session = socket.data
  for (;;) {
    const mark = session.isInData ? "\r\n.\r\n" : "\r\n"
    const end = session.text.indexOf(mark)
    if (end < 0 || !sessions.has(socket)) return
    const piece = session.text.slice(0, end)
    session.text = session.text.slice(end + mark.length)
    if (session.isInData) message(socket, piece)
    else command(socket, piece)
  }
}

const server = Bun.listen<Session>({
  hostname,
  port: Number(port),
  socket: {
    open: (socket) => {
      socket.data = { text: "", isInData: false, repliedLast: undefined }
      sessions.add(socket)
      socket.write("220 sink\r\n")
    },
    data: (socket, bytes) => {
      socket.data.text += bytes.toString("latin1")
      advance(socket)
    },
    close: (socket) => {
      sessions.delete(socket)
      if (isEnding && sessions.size === 0) process.exit(0)
    }
  }
})

process.on("SIGTERM", () => {
  isEnding = true
  server.stop()
  for (const socket of [...sessions]) if (!socket.data.isInData) leave(socket)
  if (sessions.size === 0) process.exit(0)
})
console.log("sink is ready")
