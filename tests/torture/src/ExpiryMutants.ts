/**
 * Planted bugs in what ties a cached descriptor to a Scope.
 */
import type { Mutant } from "./PlantedMutants.ts"

const cache = "apps/scached"
const slots = `${cache}/src/cache/expiry/ExpirySlots.ts`
const tests = [`${cache}/test/cache/expiry/ExpirySlots.test.ts`]

/** Merged into `mutants`. */
export const expiryMutants: ReadonlyArray<Mutant> = [
  {
    name: "expiry: the end of a Scope leaves its descriptors open",
    file: slots,
    find: "if (members.length > 0) this.#onLeft(members, this.#leaving)",
    replace: "",
    tests
  },
  {
    name: "expiry: what was handed over stays in its Scope",
    file: slots,
    find: "    slot.remove(member)\n",
    replace: "",
    tests
  },
  {
    name: "expiry: a slot ends before its stretch of time is over",
    file: slots,
    find: "(stretch + 1) * slotMillis",
    replace: "stretch * slotMillis",
    tests
  },
  {
    name: "expiry: a full slot takes more",
    file: slots,
    find: "latest.stretch === stretch && latest.size < slotMembersMax",
    replace: "latest.stretch === stretch",
    tests
  },
  {
    name: "expiry: an empty slot stays",
    file: slots,
    find: 'if (before !== undefined && before !== slot && before.size === 0) this.#close(before, "expired")',
    replace: "",
    tests
  }
]
