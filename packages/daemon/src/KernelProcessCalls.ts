/**
 * The calls that concern the process itself, as the Linux kernel answers them.
 *
 * @category layers
 */
import { closeSync, constants, fstatSync, openSync, readFileSync, readSync } from "node:fs"
import { currentPlatform, Errno, type Layout, layoutOf, type Outcome, UnsupportedPlatform } from "@scached/fdpass"
import { cLibrary, errnoOf, fileOutcome, NativeBlock, numberOf, socketAddress } from "@scached/fdpass/kernel"
import { Effect, Layer } from "effect"
import { makeCapabilityCalls } from "./internal/kernelCapabilities.ts"
import { makeLimitCalls } from "./internal/kernelLimits.ts"
import { openStandardError } from "./internal/kernelOutput.ts"
import { runProgram } from "./internal/runProgram.ts"
import { type InheritedKind, ProcessCalls, type ProcessCallsShape } from "./ProcessCalls.ts"

const socketLevel = 1
const typeOption = 3
const acceptingOption = 30
const getDescriptorFlags = 1
const setDescriptorFlags = 2
const closeOnExec = 1
const getStatusFlags = 3
const setStatusFlags = 4
const noNewPrivileges = 38
const alarmSignal = 14
const unblock = 1
const setMask = 2
/** sizeof(sigset_t). */
const signalSetBytes = 128
const dropPages = 4
const realTimer = 0
const groupsMax = 65_536
const fileBytesMax = 1_048_576
const readChunkBytes = 65_536

const kinds: Readonly<Partial<Record<number, InheritedKind>>> = { 1: "stream", 2: "datagram" }

/**
 * Where the executable's code lies. Only what is mapped executable and not writable: such pages are the file's own, while others may
 * hold what the loader wrote.
 */
const codeRanges = (): ReadonlyArray<readonly [begin: number, end: number]> => {
  let maps = ""
  try {
    maps = readFileSync("/proc/self/maps", "latin1")
  } catch {
    // Without /proc nothing is given back.
  }
  return maps.split("\n").flatMap((line) => {
    const match = /^([0-9a-f]+)-([0-9a-f]+) r-xp \S+ \S+ \d+\s+(.*)$/.exec(line)
    const [, begin = "0", end = "0", path] = match ?? []
    return path === process.execPath ? [[Number.parseInt(begin, 16), Number.parseInt(end, 16)] as const] : []
  })
}

/** Of what is no socket, a pipe can still be watched and written to. */
const kindOfFile = (number: number): InheritedKind | Outcome => {
  try {
    return fstatSync(number).isFIFO() ? "pipe" : "not a socket"
  } catch (error) {
    return -errnoOf(error)
  }
}

/** The bytes of an ordinary file, at most `fileBytesMax`: the read itself keeps to the limit, since a file can grow after a look at its size. */
const readWhole = (path: string): Uint8Array | Outcome => {
  // Not to wait for the writer of a FIFO, whose open alone would keep this process for good.
  const number = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY)
  try {
    const found = fstatSync(number)
    if (found.isDirectory()) return -Errno.EISDIR
    // A device might never end.
    if (!found.isFile()) return -Errno.EINVAL
    const chunks: Array<Uint8Array> = []
    let bytes = 0
    for (let count = 1; count > 0; bytes += count) {
      if (bytes > fileBytesMax) return -Errno.EFBIG
      const chunk = new Uint8Array(readChunkBytes)
      count = readSync(number, chunk)
      chunks.push(chunk.subarray(0, count))
    }
    return Buffer.concat(chunks)
  } finally {
    closeSync(number)
  }
}

const make = (layout: Layout): ProcessCallsShape => {
  const { symbols } = cLibrary()
  const value = new NativeBlock(4)
  const length = new NativeBlock(4)
  const ids = [new NativeBlock(4), new NativeBlock(4), new NativeBlock(4)] as const
  // struct itimerval: the interval, which stays 0, and the time until the alarm; both are seconds and microseconds of 64 bits.
  const timer = new NativeBlock(32)
  const timerView = new DataView(timer.buffer)
  let isAlarmDeadly = false

  /** A parent may have had the signal ignored or blocked, and that is inherited. */
  const makeAlarmDeadly = (): void => {
    symbols.signal(alarmSignal, 0)
    const set = new NativeBlock(signalSetBytes)
    set.words[0] = 1 << (alarmSignal - 1)
    symbols.pthread_sigmask(unblock, set.address, 0)
  }

  const option = (number: number, name: number): Outcome => {
    length.words[0] = 4
    const result = symbols.getsockopt(number, socketLevel, name, value.address, length.address)
    return result < 0 ? result : (value.words[0] ?? 0)
  }
  const readIds = (call: (typeof symbols)["getresuid"]) => {
    const [real, effective, saved] = ids
    const outcome = call(real.address, effective.address, saved.address)
    if (outcome < 0) return outcome
    return [real.words[0] ?? 0, effective.words[0] ?? 0, saved.words[0] ?? 0] as const
  }
  const readGroups = (): ReadonlyArray<number> | Outcome => {
    const count = symbols.getgroups(0, 0)
    if (count < 0) return count
    const list = new NativeBlock(4 * Math.max(1, count))
    const found = symbols.getgroups(count, list.address)
    return found < 0 ? found : [...list.words.subarray(0, found)]
  }
  const addFlag = (number: number, get: number, set: number, flag: number): Outcome => {
    const flags = symbols.fcntl(number, get, 0)
    return flags < 0 ? flags : symbols.fcntl(number, set, flags | flag)
  }

  return ProcessCalls.of({
    ...makeCapabilityCalls(),
    ...makeLimitCalls(),
    pid: process.pid,
    isTerminal: (standard) => symbols.isatty(standard) === 1,
    openStandardError,
    write: (descriptor, bytes) => symbols.write(numberOf(descriptor), bytes, bytes.length),
    inspect: (number) => {
      const type = option(number, typeOption)
      if (type === -Errno.ENOTSOCK) return kindOfFile(number)
      if (type < 0) return type
      const kind = kinds[type] ?? "other socket"
      return kind === "stream" && option(number, acceptingOption) === 1 ? "listening" : kind
    },
    socketAddress,
    setNonBlocking: (descriptor) =>
      addFlag(numberOf(descriptor), getStatusFlags, setStatusFlags, layout.nonBlockingFlag),
    setCloseOnExec: (descriptor) => addFlag(numberOf(descriptor), getDescriptorFlags, setDescriptorFlags, closeOnExec),
    // Through node's function, since Bun remembers the working directory.
    changeDirectory: (path) => fileOutcome(() => process.chdir(path)),
    changeRoot: (path) => {
      if (path === "" || path.includes("\0")) return -Errno.EINVAL
      const changed = symbols.chroot(Buffer.from(`${path}\0`))
      return changed < 0 ? changed : fileOutcome(() => process.chdir("/"))
    },
    readFile: (path) => {
      try {
        return readWhole(path)
      } catch (error) {
        return -errnoOf(error)
      }
    },
    runProgram,
    identity: () => {
      const uids = readIds(symbols.getresuid)
      const gids = readIds(symbols.getresgid)
      const groups = readGroups()
      if (typeof uids === "number") return uids
      if (typeof gids === "number") return gids
      return typeof groups === "number" ? groups : { uids, gids, groups }
    },
    setGroups: (groups) => {
      if (groups.length > groupsMax) return -Errno.EINVAL
      const list = new NativeBlock(4 * Math.max(1, groups.length))
      list.words.set(groups)
      return symbols.setgroups(groups.length, list.address)
    },
    setGroupId: (gid) => symbols.setresgid(gid, gid, gid),
    setUserId: (uid) => symbols.setresuid(uid, uid, uid),
    forbidNewPrivileges: () => symbols.prctl(noNewPrivileges, 1, 0, 0, 0),
    findCode: () => {
      const ranges = codeRanges()
      return () => {
        // Advice that is refused has no effect, and none is needed.
        for (const [begin, end] of ranges) symbols.madvise(begin, end - begin, dropPages)
      }
    },
    resetSignals: () => {
      symbols.signal(alarmSignal, 0)
      // It returns the error number itself.
      return -symbols.pthread_sigmask(setMask, new NativeBlock(signalSetBytes).address, 0)
    },
    setAlarm: (millis) => {
      if (!isAlarmDeadly) makeAlarmDeadly()
      isAlarmDeadly = true
      const whole = Math.ceil(millis)
      timerView.setBigInt64(16, BigInt(Math.floor(whole / 1000)), true)
      timerView.setBigInt64(24, BigInt((whole % 1000) * 1000), true)
      return symbols.setitimer(realTimer, timer.address, 0)
    }
  })
}

/**
 * Provides `ProcessCalls` from the kernel this process runs on.
 *
 * @category layers
 */
export const layer: Layer.Layer<ProcessCalls, UnsupportedPlatform> = Layer.effect(
  ProcessCalls,
  Effect.flatMap(layoutOf(currentPlatform), (layout) =>
    Effect.try({
      try: () => make(layout),
      catch: (cause) => new UnsupportedPlatform({ platform: currentPlatform, cause })
    })
  )
)
