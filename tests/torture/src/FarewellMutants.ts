/**
 * Planted bugs in what is said on connections before they are closed.
 */
import type { Mutant } from "./PlantedMutants.ts"

const farewell = "packages/farewell"
const kernel = "packages/fdpass/src/internal/kernel"
const cache = "apps/scached/src/cache"
const sessionTests = [`${farewell}/test/FarewellSession.test.ts`]
const ruleTests = [`${farewell}/test/FarewellRules.test.ts`]
const keeperTests = ["apps/scached/test/cache/farewell/FarewellKeeper.test.ts"]

/** Merged into `mutants`. */
export const farewellMutants: ReadonlyArray<Mutant> = [
  {
    name: "farewell: a write that took a part counts as said",
    file: `${farewell}/src/FarewellSession.ts`,
    find: 'if (octets !== this.farewell.octets.length) return this.#drain("refused")',
    replace: "",
    tests: sessionTests
  },
  {
    name: "farewell: the connection is closed without reading the answer",
    file: `${farewell}/src/FarewellSession.ts`,
    find: "    return drain\n",
    replace: "    return this.#close()\n",
    tests: sessionTests
  },
  {
    name: "farewell: the last rule that matches counts",
    file: `${farewell}/src/FarewellRules.ts`,
    find: "rules.find(",
    replace: "rules.findLast(",
    tests: ruleTests
  },
  {
    name: "farewell: a service matches labels that only begin like it",
    file: `${farewell}/src/FarewellRules.ts`,
    find: "firstLineOf(label) === octets",
    replace: "firstLineOf(label).startsWith(octets)",
    tests: ruleTests
  },
  {
    name: "farewell: one octet more than allowed",
    file: `${farewell}/src/Farewell.ts`,
    find: "octets.length > octetsMax",
    replace: "octets.length > octetsMax + 1",
    tests: [`${farewell}/test/Farewell.test.ts`]
  },
  {
    name: "farewell: it is said on what a client was sent",
    file: `${cache}/clients/Client.ts`,
    find: ".lease.value.silence()",
    replace: ".lease.value",
    tests: keeperTests,
    isQuick: true
  },
  {
    name: "farewell: it is said where the far end has spoken",
    file: `${kernel}/ErrandList.ts`,
    find: "const anythingToRead = 0x2003",
    replace: "const anythingToRead = 0",
    tests: ["packages/fdpass/test/Errands.test.ts"],
    isQuick: true
  },
  {
    name: "farewell: a connection that lost its thread is forgotten",
    file: `${kernel}/ErrandLane.ts`,
    find: "this.#waiting.unshift(...list.takeBack())",
    replace: "list.takeBack()",
    tests: ["packages/fdpass/test/ErrandsHeldUp.test.ts"]
  },
  {
    name: "farewell: who waits does not give way",
    file: `${cache}/farewell/FarewellKeeper.ts`,
    find: "if (this.#waiting.size <= this.#waitingMax && this.size <= room) return",
    replace: "if (this.size >= 0 || room > 0) return",
    tests: keeperTests
  },
  {
    name: "farewell: the end of the daemon waits for every far end",
    file: `${cache}/farewell/FarewellKeeper.ts`,
    find: "for (const departure of this.#waiting) departure.hurry()",
    replace: "",
    tests: keeperTests
  },
  {
    name: "farewell: what is said is not waited for",
    file: `${farewell}/src/FarewellSession.ts`,
    find: 'if (this.#waitMillis <= 0) return this.#drain("cut")',
    replace: 'if (this.#waitMillis >= 0) return this.#drain("cut")',
    tests: [...sessionTests, ...keeperTests]
  },
  {
    name: "farewell: the wait has no end",
    file: `${cache}/farewell/Departure.ts`,
    find: "this.#take(this.#session.timedOut())",
    replace: "",
    tests: keeperTests
  },
  {
    name: "farewell: what the client asks for does not arrive",
    file: "packages/protocol/src/internal/requestDecoder.ts",
    find: "return hasFarewell ?",
    replace: "return !hasFarewell ?",
    tests: ["packages/protocol/test/Request.test.ts"]
  },
  {
    name: "farewell: what the client asks for is ignored",
    file: `${cache}/clients/Client.ts`,
    find: "farewell === undefined ? this.#owner : this.#ownerWith(farewell, descriptor)",
    replace: "farewell === undefined ? this.#owner : this.#ownerWith(farewell, descriptor) && this.#owner",
    tests: keeperTests
  }
]
