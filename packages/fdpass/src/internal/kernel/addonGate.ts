/** The gate that our addon makes (addon/gate.c), for where bun:ffi does not work. */
import { closeSync, constants, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Argument, DirectCalls, DirectFunctions, Gate } from "./Gate.ts"

/** The addon in base64, which the build of an executable puts here. */
declare const SCACHED_GATE_ADDON: string

/** O_TMPFILE without O_DIRECTORY, which it has along on each machine. */
const unnamed = 0o20000000

const addonBytes = (): Uint8Array => {
  const isExecutable = typeof SCACHED_GATE_ADDON === "string"
  const path = join(import.meta.dir, "../../../addon/gate.node")
  if (isExecutable && SCACHED_GATE_ADDON !== "") return Buffer.from(SCACHED_GATE_ADDON, "base64")
  if (isExecutable || !existsSync(path)) throw new Error("there is no addon, since no cc was there to build it")
  return readFileSync(path)
}

/** Directories of which one should take a file and let its code be run. */
const directories = (): ReadonlyArray<string> => [...new Set(["/dev/shm", tmpdir(), "/var/tmp", "/tmp", "/run", "."])]

const load = (path: string): object => {
  const module: { readonly exports: object } = { exports: {} }
  process.dlopen(module, path)
  return module.exports
}

/** Through a file that has no name, and is gone when it is closed. */
const loadUnnamed = (bytes: Uint8Array, directory: string): object => {
  const number = openSync(directory, unnamed | constants.O_DIRECTORY | constants.O_RDWR, 0o700)
  try {
    writeSync(number, bytes)
    return load(`/proc/self/fd/${number}`)
  } finally {
    closeSync(number)
  }
}

/** For file systems without such files, and where there is no /proc. */
const loadNamed = (bytes: Uint8Array, directory: string): object => {
  const own = mkdtempSync(join(directory, "scached-"))
  try {
    const path = join(own, "gate.node")
    const number = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o700)
    try {
      writeSync(number, bytes)
    } finally {
      closeSync(number)
    }
    return load(path)
  } finally {
    rmSync(own, { recursive: true, force: true })
  }
}

const loadAnywhere = (bytes: Uint8Array): object => {
  const reasons = new Set<string>()
  for (const loadFrom of [loadUnnamed, loadNamed]) {
    for (const directory of directories()) {
      try {
        return loadFrom(bytes, directory)
      } catch (error) {
        reasons.add(error instanceof Error ? error.message : String(error))
      }
    }
  }
  throw new Error(`the addon could not be loaded: ${[...reasons].join("; ")}`)
}

/** Opens the gate; throws, with the reason, where there is no addon or it cannot be loaded. Nothing of it stays on a disk. */
export const openAddonGate = (): Gate => {
  // What addon/gate.c exports.
  const addon = loadAnywhere(addonBytes()) as Omit<Gate, "direct" | "name">
  const { callFunction, enter } = addon
  return {
    name: "addon",
    enter,
    direct: <Calls extends DirectCalls>(calls: Calls): DirectFunctions<Calls> => {
      const functions = Object.entries(calls).map(([name, [call]]) => {
        const make = (
          a: Argument,
          b: Argument = 0,
          c: Argument = 0,
          d: Argument = 0,
          e: Argument = 0,
          f: Argument = 0
        ) => enter(call, a, b, c, d, e, f)
        return [name, make] as const
      })
      // The list decides the names of both the type and the functions, which the compiler cannot follow through a loop.
      return Object.fromEntries(functions) as unknown as DirectFunctions<Calls>
    },
    callFunction,
    functionNamed: (name) => {
      const address = addon.functionNamed(name)
      if (address === 0) throw new Error(`the C library has no ${name}`)
      return address
    }
  }
}
