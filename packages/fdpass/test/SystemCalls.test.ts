/** Bytes and descriptors through connected sockets: on the kernel and on the simulation alike. */
import { expect } from "bun:test"
import { closeAll, must, show } from "./support/machines.ts"
import { bytesOf, read, readinessOf, script } from "./support/scripts.ts"

script(
  "bytes go both ways, and nothing there is EAGAIN",
  (_, calls) => {
    const [one, other] = must(calls.socketPair())
    const seen = [
      calls.send(one, bytesOf("hello")),
      read(calls, other),
      read(calls, other),
      calls.send(other, bytesOf("ho"))
    ]
    seen.push(read(calls, one))
    closeAll(one, other)
    return seen
  },
  [5, '"hello"', "EAGAIN", 2, '"ho"']
)

script(
  "plain writes merge in one read, and a read takes no more than asked for",
  (_, calls) => {
    const [one, other] = must(calls.socketPair())
    for (const text of ["abc", "def", "ghi"]) calls.send(one, bytesOf(text))
    const seen = [read(calls, other, 4), read(calls, other)]
    closeAll(one, other)
    return seen
  },
  ['"abcd"', '"efghi"']
)

script(
  "a passed descriptor works, and outlives its sender's copy",
  (_, calls) => {
    const [one, other] = must(calls.socketPair())
    const [near, far] = must(calls.socketPair())
    const seen: Array<unknown> = [calls.sendDescriptor(one, near)]
    near.close()
    one.close()
    const buffer = calls.makeReceiveBuffer(16)
    seen.push(calls.receive(other, buffer), buffer.bytes[0], buffer.truncated)
    const received = buffer.takeDescriptor()
    if (received === undefined) throw new Error("no descriptor came")
    seen.push(calls.send(received, bytesOf("hi")), read(calls, far))
    received.close()
    seen.push(read(calls, far), read(calls, other))
    closeAll(other, far)
    return seen
  },
  [1, 1, 0, false, 2, '"hi"', "0", "0"]
)

script(
  "a read ends behind the byte that carried a descriptor, but the bytes before it merge with it",
  (machine, calls) => {
    const [one, other] = must(calls.socketPair())
    const cargo = machine.open()
    calls.send(one, bytesOf("abc"))
    calls.sendDescriptor(one, cargo)
    calls.send(one, bytesOf("def"))
    calls.sendDescriptor(one, cargo)
    calls.sendDescriptor(one, cargo)
    const seen = [read(calls, other, 2), read(calls, other), read(calls, other), read(calls, other), read(calls, other)]
    closeAll(one, other, cargo)
    return seen
  },
  ['"ab"', '"c\\u0000"+descriptor', '"def\\u0000"+descriptor', '"\\u0000"+descriptor', "EAGAIN"]
)

script(
  "of several descriptors in one message one arrives, and the rest is closed",
  (machine, calls) => {
    const [one, other] = must(calls.socketPair())
    const [near, far] = must(calls.socketPair())
    const cargo = machine.open()
    const seen: Array<unknown> = [machine.sendDescriptors(one, [cargo, near, near], bytesOf("xyz"))]
    near.close()
    seen.push(read(calls, other, 1), read(calls, far), read(calls, other))
    closeAll(one, other, cargo, far)
    return seen
  },
  [3, '"x"+descriptor+2 closed', "0", '"yz"']
)

script(
  "a message carries 253 descriptors at most, and all but the first are closed again",
  (machine, calls) => {
    const [one, other] = must(calls.socketPair())
    const [cargo, end] = must(calls.socketPair())
    const before = machine.openCount()
    const seen: Array<unknown> = [
      machine.sendDescriptors(
        one,
        Array.from({ length: 253 }, () => cargo)
      )
    ]
    seen.push(read(calls, other), machine.openCount() - before, read(calls, other))
    closeAll(one, other, cargo, end)
    return seen
  },
  [1, '"\\u0000"+descriptor+252 closed', 0, "EAGAIN"]
)

script(
  "looking whether there is something to read leaves it there",
  (machine, calls) => {
    const [one, other] = must(calls.socketPair())
    const file = machine.open()
    const fresh = must(calls.socket())
    const datagram = must(calls.datagramSocket())
    const seen = [show(calls.peek(other)), show(calls.peek(file)), show(calls.peek(fresh)), show(calls.peek(datagram))]
    calls.send(one, bytesOf("hi"))
    seen.push(calls.peek(other), calls.peek(other), read(calls, other), show(calls.peek(other)))
    calls.sendDescriptor(one, file)
    seen.push(calls.peek(other), calls.peek(other), read(calls, other))
    calls.send(other, bytesOf("unread"))
    one.close()
    seen.push(show(calls.peek(other)), show(calls.peek(other)), read(calls, other))
    closeAll(other, file, fresh, datagram)
    return seen
  },
  ["EAGAIN", "ENOTSOCK", "EINVAL", "EAGAIN", 1, 1, '"hi"', "EAGAIN", 1, 1, '"\\u0000"+descriptor', "ECONNRESET", 0, "0"]
)

script(
  "what has come unread is thrown away, descriptors included, and nothing more can come",
  (machine, calls) => {
    const [one, other] = must(calls.socketPair())
    const [near, far] = must(calls.socketPair())
    calls.send(one, bytesOf("plain"))
    machine.sendDescriptors(one, [near, near, near])
    calls.sendDescriptor(one, near)
    near.close()
    calls.send(one, bytesOf("bytes"))
    const before = machine.openCount()
    const seen: Array<unknown> = [calls.discardUnread(other), machine.openCount() - before, read(calls, far)]
    seen.push(
      show(calls.send(one, bytesOf("x"))),
      read(calls, other),
      readinessOf(calls, other),
      readinessOf(calls, one)
    )
    // The other direction goes on.
    seen.push(calls.send(other, bytesOf("still here")), read(calls, one))
    closeAll(one, other, far)
    return seen
  },
  [0, 0, "0", "EPIPE", "0", "readable writable peerClosed @77", "writable @77", 10, '"still here"']
)

script(
  "throwing away what has come unread to sockets that are not connected, and to what is none",
  (machine, calls) => {
    const [fresh, listener, client] = [must(calls.socket()), must(calls.socket()), must(calls.socket())]
    const file = machine.open()
    calls.bind(listener, `${machine.directory}/l`)
    calls.listen(listener, 4)
    const seen = [fresh, listener, file].map((each) => show(calls.discardUnread(each)))
    seen.push(show(calls.connect(client, `${machine.directory}/l`)), show(calls.accept(listener)))
    closeAll(fresh, listener, client, file)
    return seen
  },
  [0, 0, "ENOTSOCK", "ECONNREFUSED", "EAGAIN"]
)

script(
  "the groups of a peer",
  (machine, calls) => {
    const [one, other] = must(calls.socketPair())
    const file = machine.open()
    const fresh = must(calls.socket())
    const seen = [calls.peerGroups(one), show(calls.peerGroups(fresh)), show(calls.peerGroups(file))]
    closeAll(one, other, file, fresh)
    const isOwn = Bun.deepEquals(seen[0], machine.groups)
    return [isOwn, ...seen.slice(1)]
  },
  [true, "ENODATA", "ENOTSOCK"]
)

script(
  "a descriptor in flight is closed with the queue it waits in",
  (_, calls) => {
    const [one, other] = must(calls.socketPair())
    const [near, far] = must(calls.socketPair())
    calls.sendDescriptor(one, near)
    near.close()
    const seen = [read(calls, far)]
    other.close()
    seen.push(read(calls, far))
    closeAll(one, far)
    return seen
  },
  ["EAGAIN", "0"]
)

script(
  "a descriptor that nobody took is closed by the next read, whatever comes of that",
  (machine, calls) => {
    const [one, other] = must(calls.socketPair())
    const [cargo, end] = must(calls.socketPair())
    const buffer = calls.makeReceiveBuffer(16)
    calls.sendDescriptor(one, cargo)
    const before = machine.openCount()
    calls.receive(other, buffer)
    const held = machine.openCount() - before
    const failed = show(calls.receive(other, buffer))
    const seen = [held, failed, machine.openCount() - before, buffer.takeDescriptor(), buffer.truncated]
    closeAll(one, other, cargo, end)
    return seen
  },
  [1, "EAGAIN", 0, undefined, false]
)

script(
  "a read of no bytes is refused, since it would look like the end",
  (_, calls) => {
    const [one, other] = must(calls.socketPair())
    expect(() => calls.receive(one, calls.makeReceiveBuffer(16), 0)).toThrow(RangeError)
    closeAll(one, other)
    return true
  },
  true
)

script(
  "the end of the stream comes behind what was sent, and writing is EPIPE",
  (_, calls) => {
    const [one, other] = must(calls.socketPair())
    calls.send(one, bytesOf("bye"))
    one.close()
    const seen = [
      readinessOf(calls, other),
      read(calls, other),
      read(calls, other),
      show(calls.send(other, bytesOf("x")))
    ]
    seen.push(show(calls.sendDescriptor(other, other)), readinessOf(calls, other), readinessOf(calls, other, 0))
    other.close()
    return seen
  },
  [
    "readable writable hangUp peerClosed @77",
    '"bye"',
    "0",
    "EPIPE",
    "EPIPE",
    "readable writable hangUp peerClosed @77",
    "hangUp @77"
  ]
)

script(
  "closing with something unread resets the peer, once",
  (_, calls) => {
    const [one, other] = must(calls.socketPair())
    calls.send(one, bytesOf("unread"))
    other.close()
    const seen = [readinessOf(calls, one), show(calls.send(one, bytesOf("x"))), read(calls, one), read(calls, one)]
    seen.push(readinessOf(calls, one))
    one.close()
    return seen
  },
  [
    "readable writable error hangUp peerClosed @77",
    "EPIPE",
    "ECONNRESET",
    "0",
    "readable writable hangUp peerClosed @77"
  ]
)

script(
  "a full buffer takes a part, then nothing, and is writable again when three quarters are free",
  (_, calls) => {
    const [one, other] = must(calls.socketPair())
    const long = Buffer.alloc(1_000_000, "x")
    const first = calls.send(one, long)
    const seen: Array<unknown> = [first > 0 && first < long.length, show(calls.send(one, bytesOf("y")))]
    seen.push(readinessOf(calls, one), show(calls.sendDescriptor(one, other)))
    const buffer = calls.makeReceiveBuffer(first)
    calls.receive(other, buffer, Math.floor(first / 8))
    seen.push(readinessOf(calls, one))
    for (let outcome = 1; outcome > 0; ) outcome = calls.receive(other, buffer)
    seen.push(readinessOf(calls, one))
    closeAll(one, other)
    return seen
  },
  [true, "EAGAIN", 0, "EAGAIN", 0, "writable @77"]
)

script(
  "sockets that are not connected",
  (_, calls) => {
    const fresh = must(calls.socket())
    const seen = [
      readinessOf(calls, fresh),
      read(calls, fresh),
      show(calls.send(fresh, bytesOf("x"))),
      show(calls.accept(fresh)),
      show(calls.listen(fresh, 1)),
      calls.peerCredentials(fresh)
    ]
    fresh.close()
    return seen
  },
  ["writable hangUp @77", "EINVAL", "ENOTCONN", "EINVAL", "EINVAL", { pid: 0, uid: 0xffffffff, gid: 0xffffffff }]
)

script(
  "a socket's cookie is that of its copies, and of no other",
  (_, calls) => {
    const [one, other] = must(calls.socketPair())
    const [near, far] = must(calls.socketPair())
    calls.sendDescriptor(one, near)
    const buffer = calls.makeReceiveBuffer(8)
    calls.receive(other, buffer)
    const copy = must(buffer.takeDescriptor() ?? -1)
    const [cookie, others] = [calls.socketCookie(near), [one, other, far].map(calls.socketCookie)]
    const seen = [cookie > 0, calls.socketCookie(copy) === cookie, others.includes(cookie)]
    closeAll(one, other, near, far, copy)
    return seen
  },
  [true, true, false]
)

script(
  "a file that is no socket",
  (machine, calls) => {
    const file = machine.open()
    const epoll = must(calls.epollCreate())
    const seen = [read(calls, file), ...[calls.send(file, bytesOf("x")), calls.accept(file)].map(show)]
    seen.push(show(calls.bind(file, `${machine.directory}/x`)), show(calls.peerCredentials(file)))
    const socket = must(calls.socket())
    seen.push(
      show(calls.socketCookie(file)),
      calls.socketKind(file),
      calls.socketKind(socket),
      calls.socketKind(socket)
    )
    seen.push(show(calls.stopLingering(file)), calls.stopLingering(socket))
    socket.close()
    seen.push(show(calls.epollAdd(epoll, file, 1, 1)), read(calls, epoll))
    closeAll(file, epoll)
    return seen
  },
  ["ENOTSOCK", "ENOTSOCK", "ENOTSOCK", "ENOTSOCK", "ENOTSOCK", "ENOTSOCK", 0, 1, 1, "ENOTSOCK", 0, "EPERM", "ENOTSOCK"]
)

script(
  "a duplicate is the same open file under another number, and lives on without the first one",
  (_, calls) => {
    const [one, other] = must(calls.socketPair())
    const duplicate = must(calls.duplicate(one))
    const seen: Array<unknown> = [calls.socketCookie(duplicate) === calls.socketCookie(one)]
    one.close()
    seen.push(calls.send(duplicate, bytesOf("hi")), read(calls, other))
    duplicate.close()
    seen.push(read(calls, other))
    other.close()
    return seen
  },
  [true, 2, '"hi"', "0"]
)
