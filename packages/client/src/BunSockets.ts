/**
 * Between the sockets of Bun and descriptors: what a program talks over, and what a cache keeps.
 *
 * @category sockets
 */
import { connect as connectNode, type Socket as NodeSocket } from "node:net"
import { type Descriptor, type SystemCallError, type SystemCalls, systemCallError } from "@scached/fdpass"
import type { Socket as BunSocket, FdSocketOptions, SocketHandler } from "bun"
import { Schema } from "effect"

/**
 * A connected socket of the runtime: of `Bun.connect` and `Bun.listen`, or of `node:net`.
 *
 * @category models
 */
export type RuntimeSocket = BunSocket<unknown> | NodeSocket

/**
 * A socket that cannot be cached, and why.
 *
 * @category errors
 */
export class SocketUnfit extends Schema.TaggedError<SocketUnfit>()("SocketUnfit", {
  why: Schema.Literals(["not connected", "encrypted", "unsent output", "being saved"])
}) {
  override get message(): string {
    return reasons[this.why]
  }
}

const reasons: Readonly<Record<SocketUnfit["why"], string>> = {
  "not connected": "the socket has no descriptor: it is not connected yet, or closed already",
  encrypted: "the socket is encrypted: its keys stay in this process, so no other process could continue the session",
  "unsent output":
    "the socket has output that the kernel has not taken yet: wait until it has, or it is lost with the socket",
  "being saved": "the socket is already being saved; a connection cannot be saved twice"
}

/** Their names are not in the types of either runtime. */
const property = (object: object, name: string): unknown => Reflect.get(object, name)

const isNode = (socket: RuntimeSocket): socket is NodeSocket => "destroy" in socket

const numberOf = (socket: RuntimeSocket): number | SocketUnfit => {
  // In `node:net` a socket that is encrypted says so; Bun's own sockets name the version.
  const isEncrypted = isNode(socket) ? property(socket, "encrypted") === true : Boolean(socket.getTLSVersion())
  if (isEncrypted) return new SocketUnfit({ why: "encrypted" })
  // Bun's own sockets keep nothing: `write` says how much the kernel took, and the rest is the program's.
  if (isNode(socket) && socket.writableLength > 0) return new SocketUnfit({ why: "unsent output" })
  const handle = isNode(socket) ? property(socket, "_handle") : socket
  const number = typeof handle === "object" && handle !== null ? property(handle, "fd") : undefined
  return typeof number === "number" && number >= 0 ? number : new SocketUnfit({ why: "not connected" })
}

/**
 * A copy of a socket's descriptor, which the caller must close; the socket keeps its own, and continues as before.
 *
 * Both are the same connection: do not use one copy while another process has the other. What the socket had read before is
 * not in the copy.
 *
 * @category conversions
 */
export const copyDescriptor = (
  calls: SystemCalls["Service"],
  socket: RuntimeSocket
): Descriptor | SocketUnfit | SystemCallError => {
  const number = numberOf(socket)
  return typeof number === "number" ? copyOf(calls, number) : number
}

/**
 * The number is the runtime's, and stays so. The call takes 0.4 µs; a copy that a process passed to itself took 29, and failed where
 * other processes of the user had too many descriptors on their way (ETOOMANYREFS).
 */
const copyOf = (calls: SystemCalls["Service"], number: number): Descriptor | SystemCallError => {
  const borrowed = calls.adopt(number)
  const copy = calls.duplicate(borrowed)
  borrowed.surrender()
  return typeof copy === "number" ? systemCallError("fcntl", copy) : copy
}

/**
 * Stops the socket reading: later input is left for the next user of the connection. Returns a function that undoes this.
 *
 * `pause` of `node:net` only holds back its events, while Bun reads on into the socket's buffer: the handle below it has to stop. And
 * `resume` would throw away what comes before there is a listener, so that only what flowed before flows again.
 *
 * @category conversions
 */
export const pause = (socket: RuntimeSocket): (() => void) => {
  if (!isNode(socket)) {
    socket.pause()
    return () => void socket.resume()
  }
  const handle = property(socket, "_handle")
  const hasFlowed = socket.readableFlowing === true
  if (hasFlowed) socket.pause()
  if (isPausable(handle)) handle.pause()
  return () => {
    // It has another one, or none, when it was closed meanwhile.
    if (isPausable(handle) && property(socket, "_handle") === handle) handle.resume()
    if (hasFlowed) socket.resume()
  }
}

const isPausable = (handle: unknown): handle is Pick<BunSocket, "pause" | "resume"> =>
  typeof handle === "object" && handle !== null && "pause" in handle && "resume" in handle

/**
 * Lets a socket go without a word to its peer: the connection lives on in its copies.
 *
 * `end` of a `node:net` socket and `shutdown` would end the connection for every copy, and `terminate` of Bun's would have the last
 * copy's close reset it.
 *
 * @category conversions
 */
export const release = (socket: RuntimeSocket): void => {
  if (isNode(socket)) socket.destroy()
  else socket.close()
}

/**
 * Makes a socket of Bun out of a descriptor, which is the socket's from then on; when Bun refuses, it is closed.
 *
 * @category conversions
 */
export const connect = async <Data = undefined>(
  calls: SystemCalls["Service"],
  descriptor: Descriptor,
  handler: SocketHandler<Data>,
  data: Data
): Promise<BunSocket<Data>> => {
  const fd = descriptor.surrender()
  const options: FdSocketOptions<Data> = { fd, socket: handler, data }
  try {
    // Bun's types know the options with a descriptor, but not that `connect` takes them.
    return await Bun.connect<Data>(options as FdSocketOptions<Data> & { readonly unix: string })
  } catch (error) {
    // Bun leaves a descriptor that it could not wait for open.
    calls.adopt(fd).close()
    throw error
  }
}

/**
 * Makes a socket of `node:net` out of a descriptor, which is the socket's from then on. It is connected at once: there is no `connect`
 * event to wait for. When Bun refuses, the descriptor is closed and the socket emits `error`.
 *
 * @category conversions
 */
export const connectNodeSocket = (calls: SystemCalls["Service"], descriptor: Descriptor): NodeSocket => {
  const fd = descriptor.surrender()
  // `new Socket({ fd })`, which Node has for this, makes a socket in Bun that is closed.
  const options: object = { fd }
  const socket = connectNode(options as { readonly fd: number; readonly path: string })
  // Without a handle Bun could not wait for it, a file for instance, and has left the descriptor open.
  if (!property(socket, "_handle")) calls.adopt(fd).close()
  return socket
}
