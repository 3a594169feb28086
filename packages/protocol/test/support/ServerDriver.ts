import { ServerSession, type ServerSessionOptions, type ServerStep } from "../../src/index.ts"
import type { Read } from "./splits.ts"

/** What a driver does with a step: answer it, if it wants an answer. */
export type Act = (step: ServerStep<string>, session: ServerSession<string>) => void

const noted = (step: ServerStep<string>): string => {
  const { _tag, ...rest } = step
  const error = "error" in step ? { error: step.error._tag, message: step.error.message } : {}
  return `${_tag} ${JSON.stringify({ ...rest, ...error })}`
}

/**
 * Drives a session like a daemon would: one shared read buffer that is overwritten after each loop, output drained at every
 * step. It keeps what came out.
 */
export class ServerDriver {
  readonly session: ServerSession<string>
  readonly steps: Array<string> = []
  /** Bytes sent, as text with `|` for NUL; a descriptor's byte is `<D>`. */
  sent = ""
  descriptorsOut: Array<string> = []
  /** The largest output that was waiting at a step. */
  outputBytesPeak = 0
  readonly #act: Act
  readonly #shared = new Uint8Array(70_000)

  constructor(act: Act, options?: ServerSessionOptions) {
    this.session = new ServerSession(options)
    this.#act = act
    this.#drain()
  }

  feed(reads: ReadonlyArray<Read>): void {
    for (const read of reads) this.#read(read)
  }

  #read(read: Read): void {
    this.#shared.set(read.bytes)
    this.session.push(this.#shared, read.descriptor, read.bytes.length)
    for (let step = this.session.next(); step._tag !== "Idle"; step = this.session.next()) {
      this.steps.push(noted(step))
      if ((step._tag === "SaveEndpoint" || step._tag === "Stray") && step.descriptor !== undefined) {
        this.descriptorsOut.push(step.descriptor)
      }
      this.#drain()
      if (step._tag === "SendDescriptor") this.sent += "<D>"
      this.#act(step, this.session)
      this.#drain()
    }
    this.#drain()
    // Whatever the session still needs, it must have copied.
    this.#shared.fill(0x2a)
  }

  #drain(): void {
    const output = this.session.output()
    if (output === undefined) return
    this.outputBytesPeak = Math.max(this.outputBytesPeak, output.length)
    this.sent += Buffer.from(output).toString("latin1").replaceAll("\0", "|")
  }
}
