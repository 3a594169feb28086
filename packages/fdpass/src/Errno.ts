/**
 * The error numbers of Linux that these system calls can return, with their names.
 *
 * The numbers are the same on x86-64 and arm64 (`asm-generic/errno.h`).
 *
 * @category errors
 */
export const Errno = {
  EPERM: 1,
  ENOENT: 2,
  EINTR: 4,
  EIO: 5,
  EBADF: 9,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EFAULT: 14,
  EEXIST: 17,
  ENOTDIR: 20,
  EISDIR: 21,
  EINVAL: 22,
  ENFILE: 23,
  EMFILE: 24,
  EFBIG: 27,
  ENOSPC: 28,
  EROFS: 30,
  EPIPE: 32,
  ERANGE: 34,
  ENAMETOOLONG: 36,
  ELOOP: 40,
  ENODATA: 61,
  ENOTSOCK: 88,
  EMSGSIZE: 90,
  EPROTOTYPE: 91,
  EOPNOTSUPP: 95,
  EADDRINUSE: 98,
  EADDRNOTAVAIL: 99,
  ECONNABORTED: 103,
  ECONNRESET: 104,
  ENOBUFS: 105,
  EISCONN: 106,
  ENOTCONN: 107,
  ETOOMANYREFS: 109,
  ETIMEDOUT: 110,
  ECONNREFUSED: 111,
  EALREADY: 114,
  EINPROGRESS: 115
} as const

const names = new Map<number, string>(Object.entries(Errno).map(([name, number]) => [number, name]))

/**
 * The name of an error number, `errno N` for one that is not in the table.
 *
 * @category errors
 */
export const errnoName = (errno: number): string => names.get(errno) ?? `errno ${errno}`

const explanations: Readonly<Partial<Record<string, string>>> = {
  EACCES: "permission denied",
  EADDRINUSE: "address already in use",
  EAGAIN: "not ready yet",
  ECONNREFUSED: "no server is listening there",
  ECONNRESET: "the peer closed without reading",
  EEXIST: "exists already",
  EFBIG: "file too large",
  EINVAL: "not usable for this",
  EISDIR: "is a directory",
  ELOOP: "a symbolic link stands in the way",
  EMSGSIZE: "message too long",
  EMFILE: "this process has no descriptors left",
  ENAMETOOLONG: "name too long",
  ENFILE: "the system has no descriptors left",
  ENOENT: "no such file or directory",
  ENOMEM: "out of memory",
  ENOSPC: "no space left on the device",
  ENOTDIR: "not a directory",
  ENOTSOCK: "not a socket",
  EPERM: "operation not permitted",
  EPROTOTYPE: "a socket of another type is there",
  ENOTCONN: "not connected",
  EPIPE: "the peer is gone",
  EROFS: "read-only file system",
  ETOOMANYREFS: "too many descriptors on their way"
}

/**
 * What an error number means, in a few plain words; its name where there are none.
 *
 * @category errors
 */
export const errnoExplanation = (errno: number): string => explanations[errnoName(errno)] ?? errnoName(errno)

/**
 * Whether a call that failed is to be made again: it had to wait, or a signal interrupted it.
 *
 * @category errors
 */
export const isRetryable = (outcome: number): boolean => outcome === -Errno.EAGAIN || outcome === -Errno.EINTR

/**
 * Whether a call failed since the peer is gone. The next read says so too, after what the peer had still sent.
 *
 * @category errors
 */
export const isPeerGone = (outcome: number): boolean => outcome === -Errno.EPIPE || outcome === -Errno.ECONNRESET
