/** Calls that hostile clients have shaped: looks without locks, unread data thrown away in portions, and modes from the first moment on. */
import { Readiness } from "../src/index.ts"
import { closeAll, must, show } from "./support/machines.ts"
import { bytesOf, read, script } from "./support/scripts.ts"

const asked = Readiness.readable | Readiness.peerClosed

script(
  "a look at one descriptor tells what holds of it, takes nothing, and is not made at what is no socket",
  (machine, calls) => {
    const [one, other] = must(calls.socketPair())
    const [file, fresh] = [machine.open(), must(calls.socket())]
    const look = () => show(calls.look(other, asked))
    const seen = [
      look(),
      show(calls.look(other, Readiness.writable)),
      show(calls.look(file, asked)),
      show(calls.look(fresh, asked))
    ]
    calls.send(one, bytesOf("hi"))
    seen.push(look(), show(calls.look(other, 0)), read(calls, other), look())
    const taken = other.take()
    calls.send(taken, bytesOf("unread"))
    one.close()
    seen.push(show(calls.look(taken, asked)), show(calls.look(taken, asked)))
    closeAll(taken, file, fresh)
    return seen
  },
  [
    0,
    Readiness.writable,
    "ENOTSOCK",
    Readiness.hangUp,
    Readiness.readable,
    0,
    '"hi"',
    0,
    asked | Readiness.hangUp | Readiness.error,
    asked | Readiness.hangUp | Readiness.error
  ]
)

script(
  "unread descriptors are thrown away in portions, and nothing more comes after the first",
  (machine, calls) => {
    const [one, other] = must(calls.socketPair())
    const [near, far] = must(calls.socketPair())
    for (const count of [3, 1, 2, 5]) {
      machine.sendDescriptors(
        one,
        Array.from({ length: count }, () => near)
      )
    }
    near.close()
    calls.send(one, bytesOf("bytes"))
    const before = machine.openCount()
    const seen = [calls.discardUnread(other, 0), show(calls.send(one, bytesOf("x")))]
    // Three; one and two; five; the bytes, and nothing.
    for (let left = 5; left > 0; left--) seen.push(calls.discardUnread(other, 3))
    seen.push(read(calls, far), machine.openCount() - before)
    closeAll(one, other, far)
    return seen
  },
  [1, "EPIPE", 1, 1, 1, 0, 0, "0", 0]
)

script(
  "a socket's file is made with its mode",
  (machine, calls) => {
    const seen: Array<unknown> = []
    for (const mode of [0o600, 0o666, 0o777, undefined]) {
      const socket = must(calls.socket())
      const path = `${machine.directory}/m${mode}`
      seen.push(calls.bind(socket, path, mode), machine.modeOf(path))
      calls.unlink(path)
      socket.close()
    }
    return seen
  },
  [0, 0o600, 0, 0o666, 0, 0o777, 0, 0o755]
)

script(
  "urgent data can be had among the other bytes, on sockets only",
  (machine, calls) => {
    const [one, other] = must(calls.socketPair())
    const file = machine.open()
    const seen = [show(calls.keepUrgent(other)), show(calls.keepUrgent(file))]
    closeAll(one, other, file)
    return seen
  },
  [0, "ENOTSOCK"]
)
