/**
 * Bugs to be planted in a copy of the repository, one at a time, and the tests that must catch each. The text of a bug stands in place
 * of `find`, which must occur exactly once in its file: where the source has changed, the list is changed too.
 */

import { benchMutants } from "./BenchMutants.ts"
import { descriptorMutants } from "./DescriptorMutants.ts"
import { expiryMutants } from "./ExpiryMutants.ts"
import { farewellMutants } from "./FarewellMutants.ts"
import { holdUpMutants } from "./HoldUpMutants.ts"

/** A bug. */
export interface Mutant {
  readonly name: string
  readonly file: string
  readonly find: string
  readonly replace: string
  /** Test files, of which one must fail. */
  readonly tests: ReadonlyArray<string>
  /** Among those that are tried in every run of the tests. */
  readonly isQuick?: true
}

const protocol = "packages/protocol"
const store = "packages/store"
const fdpass = "packages/fdpass"
const reactor = "packages/reactor"
const cache = "apps/scached/src/cache"
const session = `${protocol}/src/ServerSession.ts`
const intake = `${protocol}/src/internal/Intake.ts`
const sessionTests = [`${protocol}/test/ServerSession.test.ts`, `${protocol}/test/sessions.property.test.ts`]
const storeTests = [`${store}/test/ConnectionStore.steps.test.ts`, `${store}/test/ConnectionStore.model.test.ts`]

/** All of them. */
export const mutants: ReadonlyArray<Mutant> = [
  {
    name: "gate: errno is looked at after the call, and something else ran in between",
    file: `${fdpass}/src/KernelSystemCalls.ts`,
    find: "peek: (socket) => symbols.recv(numberOf(socket), peeked.address, 1, peekOnly | dontWait),",
    replace: `peek: (socket) => {
      const { dlopen, read } = require("bun:ffi")
      const { symbols: c } = dlopen("libc.so.6", {
        recv: { args: ["i32", "ptr", "u64", "i32"], returns: "i32" },
        __errno_location: { args: [], returns: "ptr" }
      })
      const count = c.recv(numberOf(socket), peeked.address, 1, peekOnly | dontWait)
      symbols.fcntl(numberOf(socket), 1, 0)
      return count < 0 ? -read.i32(c.__errno_location(), 0) : count
    },`,
    tests: [`${fdpass}/test/Gate.test.ts`],
    isQuick: true
  },
  {
    name: "codec: NUL NUL ends a list",
    file: `${protocol}/src/internal/ListScanner.ts`,
    find: "if (!this.#inValue && offset === this.#fieldStart) {",
    replace: "if (offset === this.#fieldStart) {",
    tests: sessionTests,
    isQuick: true
  },
  {
    name: "codec: a ttl may hold anything",
    file: `${protocol}/src/internal/ttl.ts`,
    find: "if (digit < 0 || digit > 9) return ttlSecondsMalformed",
    replace: "if (digit < -100) return ttlSecondsMalformed",
    tests: [`${protocol}/test/ServerSession.test.ts`, `${protocol}/test/TtlSeconds.test.ts`],
    isQuick: true
  },
  {
    name: "codec: the wire's largest ttl is not enforced",
    file: `${protocol}/src/internal/ttl.ts`,
    find: "if (seconds > ttlSecondsMaxOnWire) return ttlSecondsMalformed",
    replace: "if (seconds < 0) return ttlSecondsMalformed",
    tests: [`${protocol}/test/ServerSession.test.ts`, `${protocol}/test/TtlSeconds.test.ts`]
  },
  {
    name: "codec: save_dest without its endpoint is taken",
    file: `${protocol}/src/internal/requestDecoder.ts`,
    find: "if (!isNext(scanner, bytes, start, at + 3, nameLabel)) {",
    replace: "if (scanner.attributes < 0) {",
    tests: ["tests/torture/test/CodecFuzz.test.ts"]
  },
  {
    name: "session: a descriptor that came in time does not get to its save",
    file: session,
    find: 'return { _tag: "SaveEndpoint", request, descriptor: this.#intake.takeDescriptor() }',
    replace: 'return { _tag: "SaveEndpoint", request, descriptor: undefined }',
    tests: sessionTests,
    isQuick: true
  },
  {
    name: "session: a stray descriptor is forgotten",
    file: intake,
    find: "if (stray !== undefined) return stray",
    replace: "if (stray === null) return stray",
    tests: sessionTests,
    isQuick: true
  },
  {
    name: "session: no bound on a request",
    file: session,
    find: "return this.#intake.inbox.unused >= this.requestBytesMax ? this.#tooLarge() : this.#idle()",
    replace: "return this.#intake.inbox.unused < 0 ? this.#tooLarge() : this.#idle()",
    tests: sessionTests,
    isQuick: true
  },
  {
    name: "session: a refused hand-over claims that nothing was sent",
    file: session,
    find: 'const descriptorSent = this.#state === "awaiting the client\'s last dummy"',
    replace: "const descriptorSent = false",
    tests: sessionTests
  },
  {
    name: "session: every list is taken for a dummy",
    file: session,
    find: "if (list.attributes > 0 && list.nameIs(0, bytes, at, nameDummy)) {",
    replace: "if (list.attributes >= 0) {",
    tests: sessionTests
  },
  {
    name: "store: what expires now is still found",
    file: `${store}/src/internal/ConnectionTable.ts`,
    find: "while (node !== undefined && node.deadlineMillis <= nowMillis) {",
    replace: "while (node !== undefined && node.deadlineMillis < nowMillis) {",
    tests: storeTests,
    isQuick: true
  },
  {
    name: "store: a connection is put back as the newest",
    file: `${store}/src/internal/ConnectionTable.ts`,
    find: "endpoint.putBack(node)",
    replace: "endpoint.append(node)",
    tests: storeTests,
    isQuick: true
  },
  {
    name: "store: what is late is put back all the same",
    file: `${store}/src/internal/ConnectionTable.ts`,
    find: "if (this.isLate(node, nowMillis)) {",
    replace: "if (node.deadlineMillis < 0) {",
    tests: storeTests
  },
  {
    name: "store: leases are not counted down",
    file: `${store}/src/internal/ConnectionTable.ts`,
    find: "    this.leases--\n    this.expiry.remove(node)",
    replace: "    this.expiry.remove(node)",
    tests: storeTests
  },
  {
    name: "store: the last of a destination's bindings is taken for dead by another's place in the map",
    file: `${store}/src/internal/Destination.ts`,
    find: "crowd.byPair.delete(pairKey(binding.properties, binding.endpointLabel))",
    replace: "void crowd.byPair",
    tests: storeTests
  },
  {
    name: "store: expiry comes in the wrong order among ttls",
    file: `${store}/src/ExpiryIndex.ts`,
    find: "    this.#heap.reorder(lane)\n",
    replace: "",
    tests: [...storeTests, `${store}/test/ExpiryIndex.test.ts`]
  },
  {
    name: "store: the limit on all connections is ignored",
    file: `${store}/src/internal/Side.ts`,
    find: "return this.table.held > bounds[this.#all] ? this.#all : undefined",
    replace: "return undefined",
    tests: storeTests
  },
  {
    name: "store: eviction tells nobody what to close",
    file: `${store}/src/internal/Side.ts`,
    find: "if (reported !== undefined) evicted.push(reported)",
    replace: "if (reported === null) evicted.push(reported)",
    tests: storeTests,
    isQuick: true
  },
  {
    name: "descriptors: closed twice",
    file: `${fdpass}/src/internal/descriptor.ts`,
    find: 'this.#closeNumber(this.#surrender("closed"))',
    replace: "this.#closeNumber(this.#number)",
    tests: [`${fdpass}/test/Descriptor.test.ts`],
    isQuick: true
  },
  {
    name: "descriptors: those behind the first of a message leak",
    file: `${fdpass}/src/KernelSystemCalls.ts`,
    find: "for (const number of rest) letGo(number)",
    replace: "for (const number of rest) if (number < 0) letGo(number)",
    tests: [`${fdpass}/test/SystemCalls.test.ts`, `${fdpass}/test/KernelSystemCalls.test.ts`]
  },
  {
    name: "descriptors: a truncated message is not noticed",
    file: `${fdpass}/src/KernelSystemCalls.ts`,
    find: "into.truncated = (into.message.flags & controlTruncated) !== 0",
    replace: "into.truncated = false",
    tests: [`${fdpass}/test/KernelSystemCalls.test.ts`, `${fdpass}/test/SystemCalls.test.ts`]
  },
  {
    name: "batches: a descriptor that was given up is used under its number",
    file: `${fdpass}/src/internal/kernel/RingBatch.ts`,
    find: "const isGone = socket?.isOwned !== true || (subject instanceof Descriptor && !subject.isOwned)",
    replace: "const isGone = socket === undefined",
    tests: [`${fdpass}/test/CallBatch.test.ts`]
  },
  {
    name: "batches: closes that the ring has no room for are forgotten",
    file: `${fdpass}/src/internal/kernel/RingBatch.ts`,
    find: "for (let first = 0; first < closing.length; first += this.#ring.entries) {",
    replace: "for (let first = 0; first === 0; first++) {",
    tests: [`${fdpass}/test/CallBatch.test.ts`]
  },
  {
    name: "batches: what was read for a connection that is gone leaks",
    file: `${reactor}/src/loop/internal/TurnBatch.ts`,
    find: "if (unwanted !== undefined) this.#loop.calls.letGo(unwanted)",
    replace: "",
    tests: [`${reactor}/test/loop/TurnBatch.test.ts`],
    isQuick: true
  },
  {
    name: "batches: who stands in line twice sends twice",
    file: `${reactor}/src/channel/internal/ChannelOutput.ts`,
    find: "if (this.#isPut || gathered === undefined) return -1",
    replace: "if (gathered === undefined) return -1",
    tests: [`${reactor}/test/loop/TurnBatch.test.ts`]
  },
  {
    name: "output: a descriptor that was taken back leaves in a batch",
    file: `${reactor}/src/channel/internal/ChannelOutput.ts`,
    find: "if (gathered.isSettled) {",
    replace: "if (gathered === undefined) {",
    tests: [`${reactor}/test/channel/Channel.gathering.test.ts`]
  },
  {
    name: "output: what a callback sends leaves after what follows it",
    file: `${reactor}/src/channel/internal/ChannelOutput.ts`,
    find: "gathered !== undefined; gathered = this.#takeGathered()",
    replace: "gathered !== undefined; gathered = undefined",
    tests: [`${reactor}/test/channel/Channel.gathering.test.ts`]
  },
  {
    name: "loop: a member that is watched for something else is not",
    file: `${reactor}/src/loop/internal/Members.ts`,
    find: "if (this.#readiness[token] === readiness) return 0",
    replace: "return 0",
    tests: [`${reactor}/test/channel/Channel.test.ts`]
  },
  {
    name: "loop: a token is used again while its events may be pending",
    file: `${reactor}/src/loop/internal/Members.ts`,
    find: "this.#freedThisTurn.push(token)",
    replace: "this.#freeTokens.push(token)",
    tests: [`${reactor}/test/loop/EventLoop.test.ts`]
  },
  {
    name: "hand-over: one that was sent goes back into the cache",
    file: `${cache}/clients/Client.ts`,
    find: 'if (handOver === "sent") this.#handOver.settle()',
    replace: 'if (handOver === "none") this.#handOver.settle()',
    tests: ["apps/scached/test/cache/clients/HandOver.test.ts"],
    isQuick: true
  },
  {
    name: "hand-over: a descriptor that was never read is taken for received",
    file: `${cache}/clients/Client.ts`,
    find: "if (this.#handOver.found !== undefined && error?.errno === Errno.ECONNRESET) this.#handOver.putBack()",
    replace: "if (this.#isClosed) this.#handOver.putBack()",
    tests: ["apps/scached/test/cache/clients/HandOver.test.ts", "tests/torture/test/Fuzz.test.ts"]
  },
  {
    name: "hand-over: what is late leaks",
    file: `${cache}/ConnectionCache.ts`,
    find: '      this.#slots.leave([lease.value], "late")\n',
    replace: "",
    tests: ["apps/scached/test/cache/clients/HandOver.test.ts"]
  },
  {
    name: "cache: what was handed over stays open here too",
    file: `${cache}/ConnectionCache.ts`,
    find: "    found.lease.value.closeLater(this.#loop, this.#observer.onFreed)\n",
    replace: "",
    tests: ["tests/torture/test/Fuzz.test.ts"]
  },
  {
    name: "cache: what has expired leaks",
    file: `${cache}/ConnectionCache.ts`,
    find: "if (isExpired) cached.deferClose(this.#loop, this.#observer.onFreed)",
    replace: "if (isExpired) return",
    tests: ["apps/scached/test/cache/Shutdown.test.ts"]
  },
  {
    name: "cache: a connection that was refused leaks",
    file: `${cache}/ConnectionCache.ts`,
    find: '      this.statistics.count("refusedSaves")\n      cached.close()\n',
    replace: '      this.statistics.count("refusedSaves")\n',
    tests: ["apps/scached/test/cache/Limits.test.ts"]
  },
  {
    name: "cache: the ttl limit is ignored",
    file: `${cache}/ConnectionCache.ts`,
    find: "return ttlSecondsMax * 1000",
    replace: "return ttlSeconds * 1000",
    tests: ["apps/scached/test/cache/SettingsChange.test.ts"]
  },
  {
    name: "cache: connections with dead peers are handed out",
    file: `${cache}/ConnectionCache.ts`,
    find: "      const lease = this.#store.findEndpoint(label, this.#loop.nowMillis)\n      if (lease === undefined) break\n      if (!this.#isAlive(lease)) continue",
    replace:
      "      const lease = this.#store.findEndpoint(label, this.#loop.nowMillis)\n      if (lease === undefined) break",
    tests: ["apps/scached/test/cache/Watch.test.ts", "tests/torture/test/Hostile.test.ts"]
  },
  {
    name: "client: a debt runs for ever",
    file: `${cache}/clients/Client.ts`,
    find: 'this.close("disconnect: timed out")',
    replace: "",
    tests: ["apps/scached/test/cache/clients/Stall.test.ts"]
  },
  {
    name: "reload: clocks that run do not go by the new settings",
    file: `${cache}/clients/DebtClock.ts`,
    find: "if (this.#sinceMillis !== undefined) this.#arm(this.#sinceMillis + this.#millisMax)",
    replace: "",
    tests: ["apps/scached/test/cache/SettingsChange.test.ts"]
  },
  {
    name: "door: whom the settings do not admit comes in",
    file: `${cache}/clients/Admission.ts`,
    find: "if (settings.current.access?.admitsAt(socket, peer, loop.calls) !== false) return peer",
    replace: "if (settings.current.access !== null) return peer",
    tests: ["apps/scached/test/cache/clients/Strangers.test.ts"]
  },
  {
    name: "watch: a peer that leaves is not noticed",
    file: `${cache}/ConnectionCache.ts`,
    find: "this.#watcher.rest(cached)",
    replace: "",
    tests: ["apps/scached/test/cache/Watch.test.ts"]
  },
  {
    name: "shutdown: what is cached is not closed",
    file: `${cache}/ConnectionCache.ts`,
    find: "    else cached.close()",
    replace: "",
    tests: ["apps/scached/test/cache/Shutdown.test.ts"]
  },
  ...benchMutants,
  ...farewellMutants,
  ...holdUpMutants,
  ...descriptorMutants,
  ...expiryMutants
]
