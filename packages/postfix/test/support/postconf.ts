/**
 * The real postconf(1), asked what it makes of a main.cf.
 */
import { accessSync, constants, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { ByteText } from "../../src/index.ts"

const postconf = "/usr/sbin/postconf"
const { CI } = process.env

/** Whether the comparison with the real one is to be made: where Postfix is, and always with CI=true, to fail where it is not. */
export const isPostconfAsked: boolean = (() => {
  try {
    accessSync(postconf, constants.X_OK)
    return true
  } catch {
    return CI === "true"
  }
})()

/** A value as postconf prints it, or that it refuses to tell. */
export type Answer = { readonly value: string } | { readonly fails: true }

/** The answers by name, or the line that is no setting. */
export type Answers = { readonly answers: Readonly<Record<string, Answer>> } | { readonly malformedLine: number }

interface Run {
  readonly exitCode: number
  readonly lines: ReadonlyArray<string>
  readonly complaints: string
}

const run = async (directory: string, names: ReadonlyArray<string>): Promise<Run> => {
  // Names that Postfix does not know must be declared; the host's name keeps it from asking the network.
  const declared = ["-o", `smtpd_restriction_classes=${names.join(" ")}`, "-o", "myhostname=host.test"]
  const child = Bun.spawn([postconf, "-c", directory, ...declared, "-o", "mydomain=test", "-xh", ...names], {
    stdout: "pipe",
    stderr: "pipe"
  })
  const [output, complaints] = await Promise.all([child.stdout.bytes(), child.stderr.text()])
  const text = ByteText.decode(output)
  return { exitCode: await child.exited, lines: text === "" ? [] : text.slice(0, -1).split("\n"), complaints }
}

/** postconf waits a second before it says that something is wrong: many at a time. */
const atOnceMax = 32

const oneByOne = async (directory: string, names: ReadonlyArray<string>): Promise<Record<string, Answer>> => {
  const answers: Record<string, Answer> = {}
  const waiting = [...names]
  const work = async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      const { exitCode, lines } = await run(directory, [name])
      answers[name] = exitCode === 0 ? { value: lines[0] ?? "" } : { fails: true }
    }
  }
  await Promise.all(Array.from({ length: atOnceMax }, work))
  return Object.fromEntries(names.map((name) => [name, answers[name] ?? { fails: true }]))
}

/** Asks for the values of names that the file sets. */
export const ask = async (mainConfiguration: Uint8Array, names: ReadonlyArray<string>): Promise<Answers> => {
  // Without a name postconf prints all it knows.
  if (names.length === 0) return { answers: {} }
  const directory = mkdtempSync(join(tmpdir(), "scached-postconf-"))
  try {
    for (const [file, bytes] of [
      ["main.cf", mainConfiguration],
      ["master.cf", ""]
    ] as const) {
      writeFileSync(join(directory, file), bytes)
      // Postfix waits until a file that was just written has come to rest.
      utimesSync(join(directory, file), 1_000_000_000, 1_000_000_000)
    }
    const { exitCode, lines, complaints } = await run(directory, names)
    const malformed = /fatal: .*main\.cf, line (\d+):/.exec(complaints)?.[1]
    if (malformed !== undefined) return { malformedLine: Number(malformed) }
    if (exitCode !== 0) return { answers: await oneByOne(directory, names) }
    if (lines.length !== names.length) throw new Error(`${names.length} names, ${lines.length} values: ${complaints}`)
    return { answers: Object.fromEntries(names.map((name, index) => [name, { value: lines[index] ?? "" }])) }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}
