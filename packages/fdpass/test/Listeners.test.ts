/** Listeners, connecting and paths: on the kernel and on the simulation alike. */
import { closeAll, must, show } from "./support/machines.ts"
import { bytesOf, read, readinessOf, script } from "./support/scripts.ts"

script(
  "connecting, accepting and who is there",
  (machine, calls) => {
    const path = `${machine.directory}/server`
    const listener = must(calls.socket())
    const client = must(calls.socket())
    const seen: Array<unknown> = [show(calls.bind(listener, path)), show(calls.connect(client, path))]
    seen.push(show(calls.listen(listener, 8)), readinessOf(calls, listener), show(calls.accept(listener)))
    seen.push(show(calls.connect(client, path)), show(calls.connect(client, path)), readinessOf(calls, listener))
    // The client may speak before it is accepted.
    seen.push(calls.send(client, bytesOf("early")))
    const accepted = must(calls.accept(listener))
    seen.push(read(calls, accepted), read(calls, accepted), show(calls.accept(listener)), readinessOf(calls, accepted))
    for (const each of [accepted, client, listener]) {
      seen.push(JSON.stringify(calls.peerCredentials(each)) === JSON.stringify(machine.self))
    }
    closeAll(listener, client, accepted)
    return seen
  },
  [
    0,
    "ECONNREFUSED",
    0,
    0,
    "EAGAIN",
    0,
    "EISCONN",
    "readable @77",
    5,
    '"early"',
    "EAGAIN",
    "EAGAIN",
    "writable @77",
    true,
    true,
    true
  ]
)

script(
  "one more than the backlog waits, the next is told to try again",
  (machine, calls) => {
    const path = `${machine.directory}/server`
    const listener = must(calls.socket())
    calls.bind(listener, path)
    calls.listen(listener, 2)
    const clients = [0, 1, 2, 3].map(() => must(calls.socket()))
    const seen: Array<unknown> = clients.map((each) => show(calls.connect(each, path)))
    const accepted = must(calls.accept(listener))
    seen.push(...clients.slice(3).map((each) => show(calls.connect(each, path))))
    closeAll(listener, accepted, ...clients)
    return seen
  },
  [0, 0, 0, "EAGAIN", 0]
)

script(
  "a listener that closes resets those who wait, and leaves a stale file",
  (machine, calls) => {
    const path = `${machine.directory}/server`
    const listener = must(calls.socket())
    calls.bind(listener, path)
    calls.listen(listener, 2)
    const client = must(calls.socket())
    const late = must(calls.socket())
    calls.connect(client, path)
    listener.close()
    const seen = [
      readinessOf(calls, client),
      show(calls.send(client, bytesOf("x"))),
      read(calls, client),
      read(calls, client)
    ]
    seen.push(show(calls.connect(late, path)), show(calls.bind(late, path)), show(calls.unlink(path)))
    seen.push(show(calls.connect(late, path)), show(calls.bind(late, path)))
    closeAll(client, late)
    return seen
  },
  [
    "readable writable error hangUp peerClosed @77",
    "EPIPE",
    "ECONNRESET",
    "0",
    "ECONNREFUSED",
    "EADDRINUSE",
    0,
    "ENOENT",
    0
  ]
)

script(
  "a client that leaves before it is accepted is accepted all the same",
  (machine, calls) => {
    const path = `${machine.directory}/server`
    const listener = must(calls.socket())
    calls.bind(listener, path)
    calls.listen(listener, 2)
    const client = must(calls.socket())
    calls.connect(client, path)
    client.close()
    const accepted = must(calls.accept(listener))
    const seen = [read(calls, accepted)]
    closeAll(listener, accepted)
    return seen
  },
  ["0"]
)

script(
  "an unlinked listener goes on, and another can take its place",
  (machine, calls) => {
    const path = `${machine.directory}/server`
    const [first, second, early, late] = [
      must(calls.socket()),
      must(calls.socket()),
      must(calls.socket()),
      must(calls.socket())
    ]
    calls.bind(first, path)
    calls.listen(first, 1)
    calls.connect(early, path)
    const before = must(calls.identify(path))
    calls.unlink(path)
    calls.bind(second, path)
    calls.listen(second, 1)
    calls.connect(late, path)
    const after = must(calls.identify(path))
    const accepted = [must(calls.accept(first)), must(calls.accept(second))]
    const seen = [before.inode === after.inode, before.device === after.device, show(calls.accept(first))]
    closeAll(first, second, early, late, ...accepted)
    return seen
  },
  [false, true, "EAGAIN"]
)

script(
  "paths",
  (machine, calls) => {
    const at = (name: string) => `${machine.directory}/${name}`
    machine.makeFile(at("plain"))
    machine.makeDirectory(at("directory"))
    const socket = must(calls.socket())
    const seen: Array<unknown> = []
    for (const name of ["missing/x", "plain/x", "plain", "directory"]) seen.push(show(calls.bind(socket, at(name))))
    for (const name of ["missing", "missing/x", "plain/x", "plain", "directory"]) {
      seen.push(show(calls.connect(socket, at(name))))
    }
    for (const path of ["", "\0abstract", "nul\0inside", `/${"x".repeat(107)}`, "ü".repeat(54)]) {
      seen.push(show(calls.bind(socket, path)), show(calls.connect(socket, path)))
    }
    for (const name of ["missing", "plain/x"]) {
      seen.push(show(calls.identify(at(name))), show(calls.unlink(at(name))), show(calls.changeMode(at(name), 0o600)))
    }
    seen.push(show(calls.unlink(at("directory"))), must(calls.identify(at("directory"))).kind)
    seen.push(must(calls.identify(at("plain"))).kind)
    const longest = at("x".repeat(107 - at("").length))
    seen.push(
      show(calls.bind(socket, longest)),
      must(calls.identify(longest)).kind,
      show(calls.bind(socket, at("again")))
    )
    seen.push(show(calls.changeMode(longest, 0o620)), machine.modeOf(longest))
    socket.close()
    return seen
  },
  [
    ...["ENOENT", "ENOTDIR", "EADDRINUSE", "EADDRINUSE"],
    ...["ENOENT", "ENOENT", "ENOTDIR", "ECONNREFUSED", "ECONNREFUSED"],
    ...["EINVAL", "EINVAL", "EINVAL", "EINVAL", "EINVAL", "EINVAL"],
    ...["ENAMETOOLONG", "ENAMETOOLONG", "ENAMETOOLONG", "ENAMETOOLONG"],
    ...["ENOENT", "ENOENT", "ENOENT", "ENOTDIR", "ENOTDIR", "ENOTDIR"],
    ...["EISDIR", "directory", "other"],
    ...[0, "socket", "EINVAL", 0, 0o620]
  ]
)
