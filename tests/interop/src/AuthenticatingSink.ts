/**
 * An SMTP server that throws away the mail it accepts, and accepts it only from clients that have authenticated with AUTH PLAIN.
 *
 * @category mail
 */
import type { Socket } from "bun"
import { Effect, type Scope } from "effect"
import { type LabFailure, labFailure } from "./LabFailure.ts"
import { labPorts } from "./LoopbackAddress.ts"

/**
 * A running server, and what it has seen.
 *
 * @category mail
 */
export interface AuthenticatingSink {
  /** The name and the password that it knows, as Postfix's tables have them: with a colon between them. */
  readonly credentials: string
  /** Connections on which a client has authenticated. */
  readonly authenticated: () => number
  /** Mails accepted, all from authenticated clients. */
  readonly accepted: () => number
  /** Commands refused for want of authentication. */
  readonly refused: () => number
}

interface Session {
  text: string
  isAuthenticated: boolean
  isInData: boolean
}

const credentials = "relay:a-secret"
const initialResponse = Buffer.from(`\0${credentials.replace(":", "\0")}`).toString("base64")
const endOfMail = "\r\n.\r\n"

/**
 * Starts the server at an address and the laboratory's port for the destination of all mail; it ends with the scope.
 *
 * @category mail
 */
export const start = Effect.fnUntraced(function* (
  address: string
): Effect.fn.Return<AuthenticatingSink, LabFailure, Scope.Scope> {
  const counts = { authenticated: 0, accepted: 0, refused: 0 }

  const answer = (session: Session, line: string): string => {
    const [verb = ""] = line.split(" ")
    switch (verb.toUpperCase()) {
      case "EHLO":
        return "250-sink.test\r\n250 AUTH PLAIN"
      case "AUTH":
        if (line !== `AUTH PLAIN ${initialResponse}`) return "535 wrong credentials"
        session.isAuthenticated = true
        counts.authenticated += 1
        return "235 welcome"
      case "MAIL":
        if (session.isAuthenticated) return "250 go on"
        counts.refused += 1
        return "530 authenticate first"
      case "DATA":
        session.isInData = true
        return "354 until a dot"
      case "QUIT":
        return "221 bye"
      default:
        return "250 go on"
    }
  }

  /** The next line, or the next mail as a whole; undefined while it is not all there. */
  const takePiece = (session: Session): string | undefined => {
    const end = session.isInData ? endOfMail : "\r\n"
    const at = session.text.indexOf(end)
    if (at < 0) return undefined
    const piece = session.text.slice(0, at)
    session.text = session.text.slice(at + end.length)
    return piece
  }

  const read = (socket: Socket<Session>, bytes: Buffer): void => {
    const session = socket.data
    session.text += bytes.toString("latin1")
    for (let piece = takePiece(session); piece !== undefined; piece = takePiece(session)) {
      if (session.isInData) {
        session.isInData = false
        counts.accepted += 1
        socket.write("250 thrown away\r\n")
      } else {
        socket.write(`${answer(session, piece)}\r\n`)
        if (/^QUIT/i.test(piece)) socket.end()
      }
    }
  }

  yield* Effect.acquireRelease(
    Effect.try({
      try: () =>
        Bun.listen<Session>({
          hostname: address,
          port: labPorts.sink,
          socket: {
            open: (socket) => {
              socket.data = { text: "", isAuthenticated: false, isInData: false }
              socket.write("220 sink.test ESMTP\r\n")
            },
            data: read
          }
        }),
      catch: labFailure(`listen at ${address}`)
    }),
    (server) => Effect.sync(() => server.stop(true))
  )
  return {
    credentials,
    authenticated: () => counts.authenticated,
    accepted: () => counts.accepted,
    refused: () => counts.refused
  }
})
