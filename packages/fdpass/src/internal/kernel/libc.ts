/**
 * The C library's entry points. The only module of the project that names it.
 */
import { dlopen, toArrayBuffer } from "bun:ffi"

/**
 * Sizes and counts are declared as 32-bit integers although C has them wider: every one here is below 2^31, a 64-bit result
 * would come back as a BigInt, and the low half of -1 is -1.
 */
const declarations = {
  __errno_location: { args: [], returns: "ptr" },
  socket: { args: ["i32", "i32", "i32"], returns: "i32" },
  socketpair: { args: ["i32", "i32", "i32", "ptr"], returns: "i32" },
  bind: { args: ["i32", "ptr", "u32"], returns: "i32" },
  listen: { args: ["i32", "i32"], returns: "i32" },
  accept4: { args: ["i32", "ptr", "ptr", "i32"], returns: "i32" },
  connect: { args: ["i32", "ptr", "u32"], returns: "i32" },
  recv: { args: ["i32", "ptr", "u64", "i32"], returns: "i32" },
  recvmsg: { args: ["i32", "ptr", "i32"], returns: "i32" },
  sendmsg: { args: ["i32", "ptr", "i32"], returns: "i32" },
  send: { args: ["i32", "buffer", "u64", "i32"], returns: "i32" },
  umask: { args: ["u32"], returns: "u32" },
  shutdown: { args: ["i32", "i32"], returns: "i32" },
  setsockopt: { args: ["i32", "i32", "i32", "ptr", "u32"], returns: "i32" },
  getsockopt: { args: ["i32", "i32", "i32", "ptr", "ptr"], returns: "i32" },
  // The address of a UNIX socket takes no lock; that of a TCP socket does.
  getsockname: { args: ["i32", "ptr", "ptr"], returns: "i32" },
  ioctl: { args: ["i32", "u64", "ptr"], returns: "i32" },
  close: { args: ["i32"], returns: "i32" },
  write: { args: ["i32", "buffer", "u64"], returns: "i32" },
  // fcntl and prctl are variadic in C; on x86-64 and arm64 Linux whole numbers are passed alike either way.
  fcntl: { args: ["i32", "i32", "i32"], returns: "i32" },
  prctl: { args: ["i32", "u64", "u64", "u64", "u64"], returns: "i32" },
  getrlimit: { args: ["i32", "ptr"], returns: "i32" },
  setrlimit: { args: ["i32", "ptr"], returns: "i32" },
  // Not in its headers, but exported since 2.2.5.
  capget: { args: ["ptr", "ptr"], returns: "i32" },
  capset: { args: ["ptr", "ptr"], returns: "i32" },
  chroot: { args: ["buffer"], returns: "i32" },
  setgroups: { args: ["u64", "ptr"], returns: "i32" },
  setresgid: { args: ["u32", "u32", "u32"], returns: "i32" },
  setresuid: { args: ["u32", "u32", "u32"], returns: "i32" },
  getresgid: { args: ["ptr", "ptr", "ptr"], returns: "i32" },
  getresuid: { args: ["ptr", "ptr", "ptr"], returns: "i32" },
  getgroups: { args: ["i32", "ptr"], returns: "i32" },
  // Variadic as well. A tag or a flag is below 2^31, and so are its results.
  syscall: { args: ["i64", "i32", "u64", "u64", "u64", "u64", "u64"], returns: "i32" },
  mmap: { args: ["ptr", "u64", "i32", "i32", "i32", "u64"], returns: "ptr" },
  madvise: { args: ["u64", "u64", "i32"], returns: "i32" },
  isatty: { args: ["i32"], returns: "i32" },
  signal: { args: ["i32", "ptr"], returns: "ptr" },
  pthread_sigmask: { args: ["i32", "ptr", "ptr"], returns: "i32" },
  setitimer: { args: ["i32", "ptr", "ptr"], returns: "i32" },
  epoll_create1: { args: ["i32"], returns: "i32" },
  epoll_ctl: { args: ["i32", "i32", "i32", "ptr"], returns: "i32" },
  poll: { args: ["ptr", "u64", "i32"], returns: "i32" },
  epoll_wait: { args: ["i32", "ptr", "i32", "i32"], returns: "i32" }
} as const

const open = () => {
  const { symbols } = dlopen("libc.so.6", declarations)
  const location = symbols.__errno_location()
  if (location === null) throw new Error("the C library gave no errno location")
  // errno's address is fixed for the life of a thread, and JavaScript stays on its thread: one view serves every call.
  const errno = new Int32Array(toArrayBuffer(location, 0, 4))
  return { symbols, errno }
}

let opened: ReturnType<typeof open> | undefined

/** The C library, opened at the first call and kept: bun:ffi compiles every declaration anew each time. */
export const libc = (): ReturnType<typeof open> => {
  opened ??= open()
  return opened
}
