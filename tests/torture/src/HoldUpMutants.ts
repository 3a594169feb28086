/**
 * Planted bugs in the rules that keep a silent client, a pause and a reload from holding others up or cutting them off.
 */
import type { Mutant } from "./PlantedMutants.ts"

const reactor = "packages/reactor"
const cache = "apps/scached/src/cache"
const tests = "apps/scached/test"

/** Merged into `mutants`. */
export const holdUpMutants: ReadonlyArray<Mutant> = [
  {
    name: "reload: a socket whose file is gone counts as there",
    file: "apps/scached/src/serve/SocketFile.ts",
    find: "if (isSame(found, current)) return Effect.void",
    replace: "if (isSame(found, current) || found === -Errno.ENOENT) return Effect.void",
    tests: [`${tests}/serve/SocketFile.test.ts`]
  },
  {
    name: "reload: a name that is allowed again and again is looked up each time",
    file: "apps/scached/src/settings/Allowed.ts",
    find: "Effect.forEach(yield* distinct(users), userOf)",
    replace: "Effect.forEach(users, userOf)",
    tests: [`${tests}/settings/Allowed.test.ts`]
  },
  {
    name: "reload: nobody has a turn while main.cf is read",
    file: "apps/scached/src/settings/readMainConfiguration.ts",
    find: "yield* giveWay",
    replace: "",
    tests: [`${tests}/serve/ServeSettings.test.ts`]
  },
  {
    name: "loop: a full batch counts as all that was pending",
    file: `${reactor}/src/loop/EventLoop.ts`,
    find: "this.#looks.end(count, count < eventsMax)",
    replace: "this.#looks.end(count, true)",
    tests: [`${reactor}/test/loop/EventLoop.looks.test.ts`]
  },
  {
    name: "loop: an interrupted wait counts as a look",
    file: `${reactor}/src/loop/EventLoop.ts`,
    find: "if (isLooking && count >= 0)",
    replace: "if (isLooking)",
    tests: [`${reactor}/test/loop/EventLoop.looks.test.ts`]
  },
  {
    name: "loop: a look waits for whoever always has more to say",
    file: `${reactor}/src/loop/internal/InputLooks.ts`,
    find: "if (!isAll && waiting.eventsLeft > 0) return true",
    replace: "if (!isAll) return true",
    tests: [`${reactor}/test/loop/EventLoop.looks.test.ts`]
  },
  {
    name: "client: the clock alone decides who owes for too long",
    file: `${cache}/clients/DebtClock.ts`,
    find: "this.#loop.afterPendingInput(this.#settings.current.requestBytesMax, () => {",
    replace: "this.#loop.at(0, () => {",
    tests: [`${tests}/cache/clients/Late.test.ts`]
  },
  {
    name: "client: a stray descriptor is progress",
    file: `${cache}/clients/Client.ts`,
    find: 'if (step._tag !== "Stray" && step._tag !== "Skipped")',
    replace: 'if (step._tag !== "Skipped")',
    tests: [`${tests}/cache/clients/Stall.test.ts`]
  },
  {
    name: "client: a stray dummy is progress",
    file: `${cache}/clients/Client.ts`,
    find: 'if (step._tag !== "Stray" && step._tag !== "Skipped")',
    replace: 'if (step._tag !== "Stray")',
    tests: [`${tests}/cache/clients/Stall.test.ts`]
  },
  {
    name: "client: a reload does not ask who may connect",
    file: `${cache}/clients/Client.ts`,
    find: "settings.current.access?.admitsAt(socket, this.peer, loop.calls) === false",
    replace: "settings.current.access?.admitsAt(socket, this.peer, loop.calls) === undefined",
    tests: [`${tests}/cache/SettingsChange.test.ts`]
  },
  {
    name: "log: a terminal is opened for writes that wait",
    file: "packages/daemon/src/internal/kernelOutput.ts",
    find: "O_WRONLY | O_NONBLOCK | O_NOCTTY",
    replace: "O_WRONLY | O_NOCTTY",
    tests: ["packages/daemon/test/StandardError.test.ts"]
  },
  {
    name: "log: a socket is written to with writes that wait",
    file: "packages/daemon/src/internal/kernelOutput.ts",
    find: "const flags = sendWithoutWaiting | sendWithoutSignal",
    replace: "const flags = sendWithoutSignal",
    tests: ["packages/daemon/test/StandardError.test.ts"]
  },
  {
    name: "log: a full disk is not tried again",
    file: "apps/scached/src/log/LineWriter.ts",
    find: 'if (output.kind === "file") this.#retryAfter(this.#pauseMillis)',
    replace: "",
    tests: [`${tests}/log/LineWriter.test.ts`]
  },
  {
    name: "log: lines that were dropped are not counted",
    file: "apps/scached/src/log/LineWriter.ts",
    find: "this.#dropped++",
    replace: "",
    tests: [`${tests}/log/LineWriter.test.ts`]
  },
  {
    name: "log: a terminal that is writable for no line is asked without a pause",
    file: "apps/scached/src/log/LineWriter.ts",
    find: "if (hasWritten) return",
    replace: "return",
    tests: [`${tests}/log/LineWriter.test.ts`]
  },
  {
    name: "idle: a changed interest holds for new connections only",
    file: `${reactor}/src/idle/IdleWatcher.ts`,
    find: "if (this.#bits === 0) return this.#ignored.append(connection)\n    if",
    replace: "if (this.#bits === 0) return\n    if",
    tests: [`${reactor}/test/idle/IdleWatcher.test.ts`]
  },
  {
    name: "idle: the kernel is not told of a changed interest",
    file: `${reactor}/src/idle/IdleWatcher.ts`,
    find: 'else if (typeof this.#set !== "number") this.#set.watch(connection, this.#bits)',
    replace: "else this.#watched.cursor = connection.next",
    tests: [`${reactor}/test/idle/IdleWatcher.test.ts`]
  },
  {
    name: "closes: all that are due are closed in one turn",
    file: `${reactor}/src/loop/internal/DeferredCloses.ts`,
    find: "this.#waiting.length === 0 && this.#leftThisTurn > 0",
    replace: "this.#waiting.length === 0",
    tests: [`${reactor}/test/loop/DeferredCloses.test.ts`]
  },
  {
    name: "closes: those that wait at the end leak",
    file: `${reactor}/src/loop/internal/DeferredCloses.ts`,
    find: "for (const { descriptor } of this.#waiting.splice(0)) this.#loop.calls.letGo(descriptor)",
    replace: "",
    tests: [`${reactor}/test/loop/DeferredCloses.test.ts`, `${tests}/cache/MassLeaving.test.ts`]
  },
  {
    name: "closes: those that wait are not bounded",
    file: `${reactor}/src/loop/internal/DeferredCloses.ts`,
    find: "const waitingMax = 256",
    replace: "const waitingMax = 256_000",
    tests: [`${reactor}/test/loop/DeferredCloses.test.ts`]
  },
  {
    name: "closes: descriptors that are scarce wait too",
    file: `${reactor}/src/loop/internal/DeferredCloses.ts`,
    find: "this.descriptorRoom() >= descriptorRoomMin",
    replace: "this.descriptorRoom() >= 0",
    tests: [`${reactor}/test/loop/DeferredCloses.test.ts`]
  },
  {
    name: "idle: peers that have left stand before clients",
    file: `${reactor}/src/idle/IdleWatcher.ts`,
    find: "? this.#set : this.#set.watch(connection, this.#bits)",
    replace: "? this.#set : this.#loop.watch(connection, this.#bits)",
    tests: [`${reactor}/test/idle/IdleSet.test.ts`]
  },
  {
    name: "idle: peers that have left are taken faster than they are closed",
    file: `${reactor}/src/idle/internal/IdleSet.ts`,
    find: "if (this.#loop.closeRoom < eventsMax) return",
    replace: "",
    tests: [`${reactor}/test/idle/IdleSet.test.ts`]
  },
  {
    name: "idle: looks find more dead than can wait",
    file: `${reactor}/src/idle/IdleWatcher.ts`,
    find: "this.#loop.closeRoom < connectionsPerTurnMax ||",
    replace: "",
    tests: [`${reactor}/test/idle/IdleSet.test.ts`]
  },
  {
    name: "cache: what peers have left is closed in one turn",
    file: `${cache}/ConnectionCache.ts`,
    find: "connection.value.deferClose(this.#loop, this.#observer.onFreed)\n  }",
    replace: "connection.value.close()\n    this.#observer.onFreed()\n  }",
    tests: [`${tests}/cache/MassLeaving.test.ts`]
  },
  {
    name: "access: whoever is not mapped comes in as nobody",
    file: "apps/scached/src/settings/Allowed.ts",
    find: ".filter((uid) => uid !== overflow.uid)",
    replace: "",
    tests: [`${tests}/serve/Security.test.ts`]
  },
  {
    name: "access: a map that leaves users out counts as whole",
    file: "packages/daemon/src/OverflowIds.ts",
    find: "reduce((sum, count) => sum + count, 0) >= idCount",
    replace: "reduce((sum, count) => sum + count, 0) >= 0",
    tests: ["packages/daemon/test/OverflowIds.test.ts"]
  },
  {
    name: "users: getent(1) may take as long as it likes",
    file: "packages/daemon/src/internal/runProgram.ts",
    find: "timeout: millisMax,",
    replace: "timeout: 10 * millisMax + 30_000,",
    tests: ["packages/daemon/test/UserDatabase.test.ts"]
  },
  {
    name: "users: getent(1) takes a name for an option",
    file: "packages/daemon/src/UserDatabase.ts",
    find: '["getent", "passwd", "--", name]',
    replace: '["getent", "passwd", name]',
    tests: ["packages/daemon/test/UserDatabase.test.ts"]
  },
  {
    name: "place: links are made shorter before they are walked",
    file: "apps/scached/src/serve/SocketPlace.ts",
    find: "names = [...namesOf(target), ...rest]",
    replace: "names = rest",
    tests: [`${tests}/serve/Security.test.ts`]
  },
  {
    name: "signals: what the parent has blocked stays blocked",
    file: "packages/daemon/src/KernelProcessCalls.ts",
    find: "symbols.pthread_sigmask(setMask,",
    replace: "symbols.pthread_sigmask(unblock,",
    tests: [`${tests}/process/Inherited.test.ts`]
  },
  {
    name: "signals: an alarm that the parent has blocked does not ring",
    file: "packages/daemon/src/KernelProcessCalls.ts",
    find: "symbols.pthread_sigmask(unblock, set.address, 0)",
    replace: "",
    tests: ["packages/daemon/test/ProcessCalls.test.ts"]
  },
  {
    name: "lock: the umask decides who may lock",
    file: "packages/fdpass/src/UnixSocket.ts",
    find: "if ((fstatSync(number).mode & 0o777) !== lockMode)",
    replace: "if (lockMode < 0)",
    tests: ["packages/fdpass/test/UnixSocket.lock.test.ts"]
  },
  {
    name: "systemd: what was not passed is closed",
    file: "apps/scached/src/serve/systemd/ListenSockets.ts",
    find: "(Number.parseInt(flags, 8) & closeOnExec) === 0",
    replace: "closeOnExec > 0",
    tests: [`${tests}/serve/Systemd.test.ts`]
  },
  {
    name: "client: an answer that came while the program was held up is thrown away",
    file: "packages/client/src/internal/Place.ts",
    find: "return this.#judge(call)",
    replace: "return this.#failed(new AnswerTimeout({ answerMillisMax: this.#surroundings.settings.answerMillisMax }))",
    tests: ["packages/client/test/Late.test.ts"]
  },
  {
    name: "client: a cache that sends crumbs has a late request for ever",
    file: "packages/client/src/internal/Place.ts",
    find: "connection.reads === before || this.#extensions === extensionsMax",
    replace: "connection.reads === before",
    tests: ["packages/client/test/Late.test.ts"]
  },
  {
    name: "client: letting go of what was found waits for its close",
    file: "packages/client/src/PlainCache.ts",
    find: "if (this.descriptor.isOwned) this.#letGo(this.descriptor)",
    replace: "if (this.descriptor.isOwned) this.descriptor.close()",
    tests: ["packages/client/test/Lingering.test.ts"]
  },
  {
    name: "client: what no signal ends is looked after for ever",
    file: "packages/client/src/internal/DeferredCloses.ts",
    find: "else if (looksLeft > 1)",
    replace: "else if (looksLeft > -100)",
    tests: ["packages/client/test/Lingering.test.ts"]
  },
  {
    name: "bench: a reply without an end is kept",
    file: "apps/scache-bench/src/load/Conversation.ts",
    find: "const replyBytesMax = 65_536",
    replace: "const replyBytesMax = 6_553_600",
    tests: ["apps/scache-bench/test/Truth.test.ts"]
  }
]
