/** Which time values scache(8) takes, and which it calls fatal, over texts that a seed makes. */
import { expect } from "bun:test"
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { TimeValue } from "@scached/postfix"
import { Effect, Result } from "effect"
import { PostfixTools } from "../src/PostfixTools.ts"
import { SeededRandom } from "../src/SeededRandom.ts"
import * as TempDirectory from "../src/TempDirectory.ts"
import { labTest } from "./labTest.ts"

const textsPerRun = 250
const [seed = 1] = [process.env["SCACHED_SEED"]].flatMap((text) => (text === undefined ? [] : [Number(text)]))

const numbers = ["1", "5", "05", "10", "3549", "3550", "24854", "24855", "596522", "596523", "35791393", "35791394"]
const large = ["2147483647", "2147483648", "99999999999999999999"]
const units = ["", "s", "m", "h", "d", "w", "S", "M", "H", "D", "W", "x", " s", ".5s", "e3"]
const tails = ["", "", "", "s", "ec", "in", "30s", " 30s", "-1", "x"]
const signs = ["", "", "", "+", "-", " "]

const text = (random: SeededRandom): string => {
  const digits = random.below(20) === 0 ? "" : random.pick(random.below(8) === 0 ? large : numbers)
  return `${random.pick(signs)}${digits}${random.pick(units)}${random.pick(tails)}`
}

labTest("scache(8) takes and refuses the same time values", { timeoutMillis: 240_000 }, () =>
  Effect.gen(function* () {
    const { paths } = yield* PostfixTools
    const directory = yield* TempDirectory.make
    const random = new SeededRandom(seed)
    for (const name of ["queue", "data"]) mkdirSync(join(directory, name))
    writeFileSync(join(directory, "master.cf"), "")
    const settings = { queue_directory: `${directory}/queue`, data_directory: `${directory}/data`, maillog_file: "" }
    const lines = Object.entries({ compatibility_level: "3.6", ...settings }).map(
      ([name, value]) => `${name} = ${value}\n`
    )
    writeFileSync(join(directory, "main.cf"), lines.join(""))

    /** What it says of the value; with no client at all it leaves at once. */
    const complaintOf = async (value: string): Promise<string | undefined> => {
      const words = ["-S", "-l", "-n", "scache", "-t", "unix", "-V", "-o", `connection_cache_ttl_limit=${value}`]
      const child = Bun.spawn([paths.scache, ...words], {
        stdio: ["ignore", "ignore", "pipe"],
        env: { MAIL_CONFIG: directory, PATH: "/usr/sbin:/usr/bin" }
      })
      return /fatal: (.*)/.exec(await new Response(child.stderr).text())?.[1]
    }

    const texts = Array.from({ length: textsPerRun }, () => text(random))
    const judge = Effect.fnUntraced(function* (value: string) {
      const complaint = yield* Effect.promise(() => complaintOf(value))
      return { value, isTaken: complaint === undefined }
    })
    // Many at a time: a Postfix program sleeps for a second before it ends with a fatal error.
    const found = yield* Effect.forEach(texts, judge, { concurrency: 64 })
    const ours = texts.map((value) => {
      const seconds = Result.getOrElse(TimeValue.parse(value, "s"), () => -1)
      return { value, isTaken: seconds >= 1 }
    })
    expect(ours).toEqual(found)
    // The texts must hold some of each, or the comparison says nothing.
    expect(found.filter(({ isTaken }) => isTaken).length).toBeGreaterThan(textsPerRun / 5)
    expect(found.filter(({ isTaken }) => !isTaken).length).toBeGreaterThan(textsPerRun / 5)
  })
)
