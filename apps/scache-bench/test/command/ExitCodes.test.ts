import { expect, test } from "bun:test"
import { closeSync, openSync } from "node:fs"
import { join } from "node:path"

const main = join(import.meta.dir, "../../src/main.ts")

const run = (...words: ReadonlyArray<string>) => {
  const child = Bun.spawnSync([process.execPath, main, ...words], { env: { ...process.env, NO_COLOR: "1" } })
  return { exitCode: child.exitCode, output: child.stdout.toString(), errors: child.stderr.toString() }
}

for (const [words, exitCode, expected] of [
  [["run"], 2, "nothing to load"],
  [["run", "--target", "a"], 2, "expected NAME=SOCKET"],
  [["run", "--targets", "a"], 2, "--targets"],
  [["run", "--target", "a=/x", "--clients", "x"], 2, "see scache-bench run --help"],
  [["run", "--target", "a=/x", "--require", "p99<<1"], 2, "p99<<1"],
  [["run", "--target", "a=/nowhere/socket", "--quiet"], 3, "target a: cannot connect to /nowhere/socket"],
  [["run", "--target", "a=spawn:/nowhere/program {socket}", "--quiet"], 3, "target a: cannot start /nowhere/program"],
  [
    ["run", "--target", "a=spawn:sh -c 'echo no luck; exit 5' {socket}", "--quiet"],
    3,
    "exit code 5, and said: no luck"
  ],
  [["run", "--target", "a=/nowhere/socket", "--json", "/nowhere/a.json"], 4, "cannot write /nowhere/a.json"],
  [["run", "--target", "a=/nowhere/socket", "--html", "/"], 4, "cannot write /: it is a directory"],
  // Root may write there in the eyes of access(2).
  [["run", "--target", "a=/nowhere/socket", "--json", "/proc/a.json"], 4, "cannot write /proc/a.json"],
  [["standard", "--html", "/nowhere/a.html"], 4, "cannot write /nowhere/a.html"],
  [["standard", "--html", "/proc/a.html"], 4, "cannot write /proc/a.html"],
  [["standard", "--write", "/nowhere/a.md"], 4, "cannot read /nowhere/a.md"],
  [["standard", "--write", "/proc/version"], 4, "/proc/version: 0 begin and 0 end markers were found"],
  [["standard", "--rounds", "0"], 2, "--rounds 0"],
  [["report", "/nowhere/a.json", "/nowhere/b.json"], 4, "cannot read /nowhere/a.json"]
] as const) {
  test(`${words.join(" ")} ends with ${exitCode}`, () => {
    const found = run(...words)
    expect(found.errors).toContain(expected)
    expect(found.exitCode).toBe(exitCode)
    expect(found.output).toBe("")
  })
}

test("output that cannot be written ends with 4, and not like a wrong answer", () => {
  const result = join(import.meta.dir, "../result/goldens/result-version-2.json")
  const full = openSync("/dev/full", "w")
  try {
    const child = Bun.spawnSync([process.execPath, main, "report", result, result], { stdout: full, stderr: "pipe" })
    expect(child.stderr.toString()).toContain("cannot write to standard output: ")
    expect(child.exitCode).toBe(4)
  } finally {
    closeSync(full)
  }
})

test("--help names every exit code and shows examples", () => {
  const found = run("run", "--help")
  expect(found.exitCode).toBe(0)
  for (const text of ["0 all well", "1 a wrong answer", "2 usage", "3 a target", "EXAMPLES", "--require"]) {
    expect(found.output).toContain(text)
  }
})

test.each(["", "run", "report", "standard", "schema"])("%s --help stays within 80 columns", (name) => {
  const found = run(...(name === "" ? [] : [name]), "--help")
  expect(found.exitCode).toBe(0)
  expect(found.output.split("\n").filter((line) => Bun.stringWidth(line) > 80)).toEqual([])
})
