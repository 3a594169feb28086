/**
 * The calls under the names and with the arguments that C has for them, made through the gate: every result is zero or more, or the negated
 * error number. There is no `errno` to look at afterwards.
 */
import { hasOlderCalls, callNumbers as numbers, olderCalls } from "./callNumbers.ts"
import { type Argument, type Gate, gate } from "./Gate.ts"
import { NativeBlock } from "./nativeMemory.ts"

const openFilesOfSelf = 0
/** TCGETS, which only a terminal answers. */
const terminalSettings = 0x5401
/** sizeof(struct termios) of the kernel's, rounded up. */
const terminalBytes = 64

/** The calls that a turn of the loop or a request makes. */
const frequentCalls = {
  accept4: [numbers.accept4, 4],
  close: [numbers.close, 1],
  epoll_ctl: [numbers.epoll_ctl, 4],
  epoll_pwait: [numbers.epoll_pwait, 6],
  getsockname: [numbers.getsockname, 3],
  getsockopt: [numbers.getsockopt, 5],
  io_uring_enter: [numbers.io_uring_enter, 6],
  ppoll: [numbers.ppoll, 5],
  recvmsg: [numbers.recvmsg, 3],
  sendmsg: [numbers.sendmsg, 3],
  sendto: [numbers.sendto, 6],
  setsockopt: [numbers.setsockopt, 5]
} as const

/** Only for a machine that has them. */
const frequentOlderCalls = { epoll_wait: [olderCalls.epoll_wait, 4], poll: [olderCalls.poll, 3] } as const

const makeSymbols = ({ callFunction, direct, enter, functionNamed }: Gate) => {
  const frequent = direct(frequentCalls)
  const older = hasOlderCalls ? direct(frequentOlderCalls) : undefined
  /** All zero: a wait of no time. The kernel leaves it as it is. */
  const noTime = new NativeBlock(16)
  /** A C function by its name, looked up at the first call. */
  const named = (name: string) => {
    let address: number | undefined
    return (a: number, b = 0, c = 0, d = 0): number => {
      address ??= functionNamed(name)
      return callFunction(address, a, b, c, d, 0)
    }
  }
  return {
    socket: (family: number, type: number, protocol: number) => enter(numbers.socket, family, type, protocol, 0, 0, 0),
    socketpair: (family: number, type: number, protocol: number, pair: number) =>
      enter(numbers.socketpair, family, type, protocol, pair, 0, 0),
    bind: (number: number, address: number, bytes: number) => enter(numbers.bind, number, address, bytes, 0, 0, 0),
    listen: (number: number, backlog: number) => enter(numbers.listen, number, backlog, 0, 0, 0, 0),
    accept4: frequent.accept4,
    connect: (number: number, address: number, bytes: number) =>
      enter(numbers.connect, number, address, bytes, 0, 0, 0),
    getsockname: frequent.getsockname,
    recv: (number: number, into: number, bytes: number, flags: number) =>
      enter(numbers.recvfrom, number, into, bytes, flags, 0, 0),
    recvmsg: frequent.recvmsg,
    sendmsg: frequent.sendmsg,
    send: (number: number, from: Argument, bytes: number, flags: number) =>
      frequent.sendto(number, from, bytes, flags, 0, 0),
    umask: (mask: number) => enter(numbers.umask, mask, 0, 0, 0, 0, 0),
    shutdown: (number: number, direction: number) => enter(numbers.shutdown, number, direction, 0, 0, 0, 0),
    setsockopt: frequent.setsockopt,
    getsockopt: frequent.getsockopt,
    close: frequent.close,
    write: (number: number, from: Argument, bytes: number) => enter(numbers.write, number, from, bytes, 0, 0, 0),
    flock: (number: number, operation: number) => enter(numbers.flock, number, operation, 0, 0, 0, 0),
    fcntl: (number: number, operation: number, value: number) =>
      enter(numbers.fcntl, number, operation, value, 0, 0, 0),
    prctl: (operation: number, a: number, b: number, c: number, d: number) =>
      enter(numbers.prctl, operation, a, b, c, d, 0),
    getrlimit: (resource: number, limit: number) => enter(numbers.prlimit64, openFilesOfSelf, resource, 0, limit, 0, 0),
    setrlimit: (resource: number, limit: number) => enter(numbers.prlimit64, openFilesOfSelf, resource, limit, 0, 0, 0),
    capget: (header: number, data: number) => enter(numbers.capget, header, data, 0, 0, 0, 0),
    capset: (header: number, data: number) => enter(numbers.capset, header, data, 0, 0, 0, 0),
    chroot: (path: Uint8Array) => enter(numbers.chroot, path, 0, 0, 0, 0, 0),
    getresgid: (real: number, effective: number, saved: number) =>
      enter(numbers.getresgid, real, effective, saved, 0, 0, 0),
    getresuid: (real: number, effective: number, saved: number) =>
      enter(numbers.getresuid, real, effective, saved, 0, 0, 0),
    getgroups: (count: number, list: number) => enter(numbers.getgroups, count, list, 0, 0, 0, 0),
    io_uring_setup: (entries: number, parameters: number) =>
      enter(numbers.io_uring_setup, entries, parameters, 0, 0, 0, 0),
    io_uring_enter: (number: number, toSubmit: number, toComplete: number, flags: number) =>
      frequent.io_uring_enter(number, toSubmit, toComplete, flags, 0, 0),
    mmap: (address: number, bytes: number, protection: number, flags: number, number: number, offset: number) =>
      enter(numbers.mmap, address, bytes, protection, flags, number, offset),
    ioctl: (number: number, request: number, value: number) => enter(numbers.ioctl, number, request, value, 0, 0, 0),
    mprotect: (address: number, bytes: number, protection: number) =>
      enter(numbers.mprotect, address, bytes, protection, 0, 0, 0),
    madvise: (address: number, bytes: number, advice: number) =>
      enter(numbers.madvise, address, bytes, advice, 0, 0, 0),
    isatty: (number: number) => {
      const settings = new NativeBlock(terminalBytes)
      return enter(numbers.ioctl, number, terminalSettings, settings.address, 0, 0, 0) < 0 ? 0 : 1
    },
    setitimer: (timer: number, value: number, before: number) =>
      enter(numbers.setitimer, timer, value, before, 0, 0, 0),
    epoll_create1: (flags: number) => enter(numbers.epoll_create1, flags, 0, 0, 0, 0, 0),
    epoll_ctl: frequent.epoll_ctl,
    epoll_wait:
      older?.epoll_wait ??
      ((epoll: Argument, events: Argument, capacity: Argument, timeoutMillis: Argument) =>
        frequent.epoll_pwait(epoll, events, capacity, timeoutMillis, 0, 0)),
    /** poll(2) without a wait. */
    pollAtOnce: older
      ? (requests: number, count: number) => older.poll(requests, count, 0)
      : (requests: number, count: number) => frequent.ppoll(requests, count, noTime.address, 0, 0),

    // What follows is the C library's. These change all threads, each of which has its own ids for the kernel.
    setgroups: named("setgroups"),
    setresgid: named("setresgid"),
    setresuid: named("setresuid"),
    // The C library keeps signals for itself that must not be blocked. These two return a positive error number.
    pthread_sigmask: named("pthread_sigmask"),
    pthread_create: named("pthread_create"),
    pthread_tryjoin_np: named("pthread_tryjoin_np"),
    pthread_kill: named("pthread_kill"),
    /** A handler needs the C library's way back from it. Its result is the half of an address, and no outcome. */
    signal: named("signal"),
    /** A call that stays out of the kernel, to compare others with. */
    abs: named("abs")
  }
}

const open = () => {
  const opened = gate()
  return { symbols: makeSymbols(opened), functionNamed: opened.functionNamed, gateName: opened.name }
}

let opened: ReturnType<typeof open> | undefined

/** The calls of this process, made ready at the first use; throws where there is no way into the kernel. */
export const libc = (): ReturnType<typeof open> => {
  opened ??= open()
  return opened
}
