/**
 * `scached top`: one screen, renewed until it is ended.
 */
import type { CacheStatus } from "@scached/protocol"
import { isColoured } from "../../log/StandardErrorLog.ts"
import { CacheLink } from "../CacheLink.ts"
import type { InspectCommand } from "../InspectCommandLine.ts"
import { exitCodes, InspectFailure } from "../InspectFailure.ts"
import { jsonLine } from "../InspectJson.ts"
import type { Output } from "../Output.ts"
import * as TopScreen from "./TopScreen.ts"

/** The other screen of a terminal, without a cursor; what was there before comes back at the end. */
const enter = "\x1b[?1049h\x1b[?25l"
const leave = "\x1b[?25h\x1b[?1049l"
const home = "\x1b[H"
const toEndOfLine = "\x1b[K"
const belowCursor = "\x1b[J"

/** What a terminal is taken for that does not tell its size. */
const usualColumns = 80
const usualRows = 24

const interrupt = "\x03"

/** The screen: it draws the last text that it got, and draws it again when the terminal changes its size. */
class Screen {
  #state: TopScreen.TopState | undefined
  #trouble = "waiting for the cache"

  constructor() {
    process.stdout.write(enter)
    process.stdout.on("resize", () => this.#draw())
    process.on("exit", () => process.stdout.write(leave))
    for (const signal of ["SIGTERM", "SIGHUP"] as const) process.on(signal, () => process.exit(exitCodes.done))
    if (process.stdin.isTTY) {
      process.stdin.setRawMode(true)
      process.stdin.on("data", (bytes: Uint8Array) => {
        const keys = Buffer.from(bytes).toString("latin1")
        if (keys.includes(interrupt) || keys.includes("q")) process.exit(exitCodes.done)
      })
      process.on("exit", () => process.stdin.setRawMode(false))
    }
    this.#draw()
  }

  show(status: CacheStatus.CacheStatus): void {
    this.#state = { status, before: this.#state?.status, trouble: undefined }
    this.#draw()
  }

  /** What was shown last stays, below the reason why it is old. */
  complain(trouble: string): void {
    this.#trouble = trouble
    if (this.#state !== undefined) this.#state = { ...this.#state, trouble }
    this.#draw()
  }

  #draw(): void {
    const { columns = usualColumns, rows = usualRows } = process.stdout
    const shape = { columns, rows, isColoured: isColoured(process.env, process.stdout.isTTY) }
    const lines = this.#state === undefined ? [this.#trouble.slice(0, columns)] : TopScreen.lines(this.#state, shape)
    process.stdout.write(`${home}${lines.map((line) => `${line}${toEndOfLine}`).join("\r\n")}${belowCursor}`)
  }
}

/** Polls the cache. If the first request fails, this fails; later failures are retried until it is ended. */
const look = async (
  { intervalSeconds, socketPath }: InspectCommand,
  show: (status: CacheStatus.CacheStatus) => void,
  complain: (trouble: string) => void
): Promise<never> => {
  let link: CacheLink | undefined = await CacheLink.open(socketPath)
  show(await link.status())
  for (;;) {
    await Bun.sleep(intervalSeconds * 1000)
    try {
      link ??= await CacheLink.open(socketPath)
      show(await link.status())
    } catch (error) {
      link?.close()
      link = undefined
      complain(error instanceof InspectFailure ? error.message : String(error))
    }
  }
}

/** Runs until it is ended by q, Ctrl-C or a signal. */
export const run = async (command: InspectCommand, output: Output): Promise<number> => {
  if (command.isJson)
    return look(
      command,
      (status) => output.write(jsonLine(status)),
      () => {}
    )
  if (!process.stdout.isTTY) {
    throw new InspectFailure({
      message: "top: standard output is no terminal: write scached top --json, or scached status",
      exitCode: exitCodes.usage
    })
  }
  // Before the screen is taken: a failure of the first look belongs on the ordinary one.
  const first = await CacheLink.open(command.socketPath)
  await first.status()
  first.close()
  const screen = new Screen()
  return look(
    command,
    (status) => screen.show(status),
    (trouble) => screen.complain(trouble)
  )
}
