/**
 * Planted bugs in the rules about descriptors that others have made.
 */
import type { Mutant } from "./PlantedMutants.ts"

const fdpass = "packages/fdpass"
const kernel = `${fdpass}/src/internal/kernel`
const allowList = [`${fdpass}/test/AllowList.test.ts`]
const lane = [`${fdpass}/test/ClosingLane.test.ts`]
const cache = "apps/scached"

/** Merged into `mutants`. */
export const descriptorMutants: ReadonlyArray<Mutant> = [
  {
    name: "allow-list: a UDP socket is closed at once",
    file: `${kernel}/kernelLetGo.ts`,
    find: "if (kind === SocketKind.tcp) return ask(",
    replace: "if (kind === SocketKind.internetDatagram) return true\n    if (kind === SocketKind.tcp) return ask(",
    tests: allowList
  },
  {
    name: "allow-list: a raw socket counts as TCP by its protocol",
    file: `${kernel}/kernelLetGo.ts`,
    find: "if (ask(number, typeOption) !== streamType) return",
    replace: "if (ask(number, protocolOption) !== tcpProtocol && ask(number, typeOption) !== streamType) return",
    tests: allowList
  },
  {
    name: "allow-list: a TCP listener is closed at once",
    file: `${kernel}/kernelLetGo.ts`,
    find: "ask(number, acceptsOption) === 0 && ",
    replace: "",
    tests: allowList
  },
  {
    name: "allow-list: a UNIX socket with an address is closed at once",
    file: `${kernel}/kernelLetGo.ts`,
    find: "isUnix(kind) && isQueueEmpty(number) && !isBound(number)",
    replace: "isUnix(kind) && isQueueEmpty(number)",
    tests: allowList
  },
  {
    name: "allow-list: a UNIX socket with an address is closed along with others",
    file: `${kernel}/kernelLetGo.ts`,
    find: "found % 2 === 0 && !isBound(number)",
    replace: "found % 2 === 0",
    tests: allowList
  },
  {
    name: "closes: descriptors that wait to be closed together stay open at the end of a turn",
    file: "packages/reactor/src/loop/internal/TurnBatch.ts",
    find: "    if (this.#closing.length > 0) this.#closeAll()\n",
    replace: "",
    tests: ["packages/reactor/test/loop/TurnBatch.test.ts"]
  },
  {
    name: "closes: the number that wait to be closed together has no bound",
    file: "packages/reactor/src/loop/internal/TurnBatch.ts",
    find: "if (this.#closing.length === closesMax)",
    replace: "if (this.#closing.length < 0)",
    tests: ["packages/reactor/test/loop/TurnBatch.test.ts"]
  },
  {
    name: "allow-list: other families are polled",
    file: `${fdpass}/src/SocketKind.ts`,
    find: "kind > SocketKind.unknown",
    replace: "kind >= SocketKind.unknown",
    tests: [...allowList, "packages/reactor/test/idle/IdleWatcher.test.ts"]
  },
  {
    name: "allow-list: what cannot be watched is kept",
    file: `${cache}/src/cache/ConnectionCache.ts`,
    find: 'this.#settings.current.watch === "off" || isConnection(',
    replace: 'this.#settings.current.watch !== "nothing" || isConnection(',
    tests: [`${cache}/test/cache/Watch.test.ts`]
  },
  {
    name: "closing threads: what is behind one that waits waits too",
    file: `${kernel}/ClosingLane.ts`,
    find: "if (!run.isStuck) return",
    replace: "if (run.isStuck || !run.isStuck) return",
    tests: lane
  },
  {
    name: "closing threads: those that are stuck count as busy",
    file: `${kernel}/ClosingLane.ts`,
    find: "return this.#runs.length - this.#stuck",
    replace: "return this.#runs.length",
    tests: lane
  },
  {
    name: "closing threads: a thread that is stuck no longer stays counted",
    file: `${kernel}/ClosingLane.ts`,
    find: "if (run.isStuck) this.#stuck--",
    replace: "",
    tests: lane
  },
  {
    name: "closing threads: there is no limit on those that are stuck",
    file: `${kernel}/ClosingLane.ts`,
    find: " || this.#stuck >= this.#limits.stuckMax",
    replace: "",
    tests: lane
  },
  {
    name: "closes: what is added waits for the look at what hangs",
    file: "packages/reactor/src/loop/internal/CloseTender.ts",
    find: "if (this.#cancel !== undefined && !(isNew && this.#pauseMillis > soonMillis)) return",
    replace: "if (this.#cancel !== undefined) return",
    tests: ["packages/reactor/test/loop/Discarding.test.ts"]
  },
  {
    name: "closing threads: what no thread can be started for is forgotten",
    file: `${kernel}/ClosingLane.ts`,
    find: "    if (thread === undefined) {\n",
    replace: "    if (thread === undefined) {\n      this.#waiting.splice(0, count)\n",
    tests: lane
  },
  {
    name: "closing threads: each descriptor has its own",
    file: `${kernel}/ClosingLane.ts`,
    find: "this.#busy === 0 || this.#waiting.length % listMax === 0",
    replace: "this.#waiting.length > 0",
    tests: lane
  },
  {
    name: "messages: a pidfd that the kernel adds leaks",
    file: `${fdpass}/src/KernelSystemCalls.ts`,
    find: "for (const number of into.message.addedNumbers) closeNumber(number)",
    replace: "",
    tests: allowList
  },
  {
    name: "watch: a stream whose peer reads no more is handed out",
    file: `${fdpass}/src/KernelSystemCalls.ts`,
    find: "asksMore && takesNothing(",
    replace: "asksMore && !asksMore && takesNothing(",
    tests: allowList
  },
  {
    name: "watch: urgent data are not seen",
    file: "packages/reactor/src/idle/IdleState.ts",
    find: "(readiness & (Readiness.readable | Readiness.urgent)) !== 0",
    replace: "(readiness & Readiness.readable) !== 0",
    tests: ["packages/reactor/test/idle/IdleWatcher.test.ts"]
  },
  {
    name: "watch: what takes no byte is handed out",
    file: "packages/reactor/src/idle/IdleState.ts",
    find: 'return isUnready ? "unready" : state',
    replace: "return state",
    tests: ["packages/reactor/test/idle/IdleWatcher.test.ts", `${cache}/test/cache/Watch.test.ts`]
  },
  {
    name: "descriptors: what is cached keeps clients out",
    file: `${cache}/src/cache/CacheServer.ts`,
    find: "cache.leaveRoom(settings.current.descriptorsMax - ownDescriptors - claimed)",
    replace: "",
    tests: [`${cache}/test/cache/SharedDescriptors.test.ts`]
  }
]
