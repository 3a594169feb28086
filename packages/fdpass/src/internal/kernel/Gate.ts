import { openAddonGate } from "./addonGate.ts"
import { openFfiGate } from "./ffiGate.ts"

/** A number or an address; for memory of the caller's that is used within the call only, the bytes themselves. */
export type Argument = number | Uint8Array

interface FunctionsByCount {
  readonly 1: (a: Argument) => number
  readonly 3: (a: Argument, b: Argument, c: Argument) => number
  readonly 4: (a: Argument, b: Argument, c: Argument, d: Argument) => number
  readonly 5: (a: Argument, b: Argument, c: Argument, d: Argument, e: Argument) => number
  readonly 6: (a: Argument, b: Argument, c: Argument, d: Argument, e: Argument, f: Argument) => number
}

/** System calls by their names here, each with its number and how many arguments it has. */
export type DirectCalls = Readonly<Record<string, readonly [call: number, count: keyof FunctionsByCount]>>

/** A function for each. */
export type DirectFunctions<Calls extends DirectCalls> = {
  readonly [Name in keyof Calls]: FunctionsByCount[Calls[Name][1]]
}

/**
 * The one way into the kernel, and into the C library for what the kernel cannot do alone.
 *
 * Every result is the kernel's own: zero or more, or the negated error number. The error number comes back with the call that failed, so that
 * nothing that runs on this thread between two calls can change it. The C library's `errno` is not safe: where there is no /proc, for
 * instance, JavaScriptCore's collector sets it to ENOENT whenever it runs.
 */
export interface Gate {
  readonly name: "bun:ffi" | "addon"
  /** Makes a system call. Arguments that the call does not have are 0. */
  readonly enter: (call: number, a: Argument, b: Argument, c: Argument, d: Argument, e: Argument, f: Argument) => number
  /**
   * Functions that each make one system call, with as many arguments as it has. For the calls of every turn: through `enter` they take the
   * arguments that they do not have as well, and cost some 25 ns more. Their results have to fit into 32 bits.
   */
  readonly direct: <Calls extends DirectCalls>(calls: Calls) => DirectFunctions<Calls>
  /**
   * Calls a C function that returns an int. For a negative one the result is the negated `errno`, read before anything else runs.
   *
   * Only for what has to happen in the C library: a change of the user, which it makes in all threads, and threads themselves.
   */
  readonly callFunction: (address: number, a: number, b: number, c: number, d: number, e: number) => number
  /** The address of a function of the C library; throws where there is none of that name. */
  readonly functionNamed: (name: string) => number
}

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** bun:ffi where it works, since it costs least; where memory may not be made executable, the addon. */
const open = (): Gate => {
  try {
    return openFfiGate()
  } catch (ffiFailure) {
    try {
      return openAddonGate()
    } catch (addonFailure) {
      throw new Error(`${wordsOf(ffiFailure)}; ${wordsOf(addonFailure)}`)
    }
  }
}

let opened: Gate | undefined

/** The gate of this process, opened at the first use and kept; throws, with the reasons, where there is no way in. */
export const gate = (): Gate => {
  opened ??= open()
  return opened
}
