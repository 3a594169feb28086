/**
 * What a descriptor is, as far as that decides what may be done with it.
 *
 * The kernel calls the code of a socket's family, or of a file's driver, for poll(2), epoll_ctl(2) and close(2). Much of that code takes a lock that
 * another process can hold: vsock's poll waits for a receive into a page of a stranger's file system, and not even SIGKILL ends that wait. So the
 * kinds are an allow-list: what is not named here is `unknown`.
 *
 * @category models
 */
export const SocketKind = {
  /** No socket, or a socket of another family: never polled, never added to an epoll set. */
  unknown: 0,
  /** A stream or a sequence of packets of the UNIX family. */
  unixStream: 1,
  unixPacket: 2,
  unixDatagram: 3,
  /** A TCP socket over IPv4 or IPv6. */
  tcp: 4,
  /** Another stream over IPv4 or IPv6: MPTCP or SCTP. */
  internetStream: 5,
  /** UDP and raw sockets. */
  internetDatagram: 6,
  /** A stream over IPv4 or IPv6 with SO_RCVLOWAT above 1, which hides a short message from poll(2). */
  deaf: 7
} as const

/**
 * One of the values of `SocketKind`.
 *
 * @category models
 */
export type SocketKind = (typeof SocketKind)[keyof typeof SocketKind]

/**
 * Whether poll(2) and epoll_ctl(2) return at once for such a descriptor, whatever others do with copies of it.
 *
 * @category guards
 */
export const isPollable = (kind: number): boolean => kind > SocketKind.unknown

const connections: ReadonlySet<number> = new Set([
  SocketKind.unixStream,
  SocketKind.unixPacket,
  SocketKind.tcp,
  SocketKind.internetStream
])

/**
 * Whether such a descriptor can be a connection whose end and whose next byte poll(2) reports.
 *
 * @category guards
 */
export const isConnection = (kind: number): boolean => connections.has(kind)
