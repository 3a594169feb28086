/** Datagram sockets, as loggers use them: on the kernel and on the simulation alike. */
import { closeAll, type Machine, must, show } from "./support/machines.ts"
import { bytesOf, read, readinessOf, script } from "./support/scripts.ts"

const serve = (machine: Machine, name: string) => {
  const server = must(machine.calls.datagramSocket())
  const path = `${machine.directory}/${name}`
  if (machine.calls.bind(server, path) < 0) throw new Error("the server could not be bound")
  return { server, path }
}

script(
  "each write is a message, read whole or cut off",
  (machine, calls) => {
    const { server, path } = serve(machine, "log")
    const client = must(calls.datagramSocket())
    const seen: Array<unknown> = [show(calls.send(client, bytesOf("x"))), show(calls.connect(client, path))]
    for (const text of ["one", "another", "third"]) seen.push(calls.send(client, bytesOf(text)))
    seen.push(read(calls, server), read(calls, server, 3), read(calls, server), read(calls, server))
    closeAll(server, client)
    return seen
  },
  ["ENOTCONN", 0, 3, 7, 5, '"one"', '"ano"', '"third"', "EAGAIN"]
)

script(
  "a server with a full queue makes its client wait, and wakes it",
  (machine, calls) => {
    const { server, path } = serve(machine, "log")
    const client = must(calls.datagramSocket())
    calls.connect(client, path)
    let sent = 0
    // However the machine is set up, some queue is full at some time.
    while (sent < 100_000 && calls.send(client, bytesOf("x")) === 1) sent++
    const seen: Array<unknown> = [sent > 1, show(calls.send(client, bytesOf("x"))), readinessOf(calls, client)]
    read(calls, server)
    seen.push(readinessOf(calls, client), calls.send(client, bytesOf("x")))
    closeAll(server, client)
    return seen
  },
  [true, "EAGAIN", 0, "writable @77", 1]
)

script(
  "a server that is gone refuses once, then there is no connection; the next server is found at the same path",
  (machine, calls) => {
    const first = serve(machine, "log")
    const client = must(calls.datagramSocket())
    calls.connect(client, first.path)
    first.server.close()
    const seen: Array<unknown> = [show(calls.send(client, bytesOf("x"))), show(calls.send(client, bytesOf("x")))]
    seen.push(
      show(calls.connect(client, first.path)),
      calls.unlink(first.path),
      show(calls.connect(client, first.path))
    )
    const second = serve(machine, "log")
    seen.push(show(calls.connect(client, first.path)), calls.send(client, bytesOf("again")), read(calls, second.server))
    closeAll(second.server, client)
    return seen
  },
  ["ECONNREFUSED", "ENOTCONN", "ECONNREFUSED", 0, "ENOENT", 0, 5, '"again"']
)

script(
  "stream and datagram sockets do not connect",
  (machine, calls) => {
    const { server, path } = serve(machine, "log")
    const stream = must(calls.socket())
    const seen: Array<unknown> = [show(calls.connect(stream, path))]
    const other = must(calls.socket())
    calls.bind(other, `${machine.directory}/stream`)
    calls.listen(other, 1)
    seen.push(show(calls.connect(server, `${machine.directory}/stream`)))
    seen.push(show(calls.listen(server, 1)), show(calls.accept(server)))
    closeAll(server, stream, other)
    return seen
  },
  ["EPROTOTYPE", "EPROTOTYPE", "EOPNOTSUPP", "EOPNOTSUPP"]
)

script(
  "a message of no bytes, and one that is too long",
  (machine, calls) => {
    const { server, path } = serve(machine, "log")
    const client = must(calls.datagramSocket())
    calls.connect(client, path)
    const seen = [show(calls.send(client, Buffer.alloc(1_000_000))), calls.send(client, Buffer.alloc(0))]
    closeAll(server, client)
    return seen
  },
  ["EMSGSIZE", 0]
)
