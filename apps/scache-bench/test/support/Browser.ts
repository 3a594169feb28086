import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

/** Debian's Chromium; undefined where there is none. */
export const chromiumPath = Bun.which("chromium") ?? undefined

interface Answer {
  readonly id?: number
  readonly method?: string
  readonly result?: { readonly [name: string]: unknown }
  readonly error?: { readonly message: string }
}

/** A page in a real browser, driven by the DevTools protocol. */
export interface BrowserPage {
  /** The value of an expression in the page. */
  readonly evaluate: (expression: string) => Promise<unknown>
  /** Moves the mouse to a place of the window. */
  readonly pointAt: (x: number, y: number) => Promise<void>
}

/** What a page is looked at with. */
export interface Look {
  readonly width: number
  readonly scheme: "light" | "dark"
}

/** Chromium without a window; `close` ends it. */
export class Browser {
  readonly #process: Bun.Subprocess
  readonly #socket: WebSocket
  readonly #directory: string
  readonly #waiting = new Map<number, { resolve: (answer: Answer) => void; reject: (error: Error) => void }>()
  #next = 1

  private constructor(process: Bun.Subprocess, socket: WebSocket, directory: string) {
    this.#process = process
    this.#socket = socket
    this.#directory = directory
    socket.onmessage = ({ data }) => {
      const answer: Answer = JSON.parse(String(data))
      const waiting = answer.id === undefined ? undefined : this.#waiting.get(answer.id)
      if (answer.id === undefined || waiting === undefined) return
      this.#waiting.delete(answer.id)
      if (answer.error === undefined) waiting.resolve(answer)
      else waiting.reject(new Error(answer.error.message))
    }
  }

  static async start(path: string): Promise<Browser> {
    const directory = mkdtempSync(join(tmpdir(), "scache-bench-chromium-"))
    const options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--remote-debugging-port=0"]
    const child = Bun.spawn([path, ...options, `--user-data-dir=${directory}`, "about:blank"], {
      stdio: ["ignore", "ignore", "pipe"]
    })
    let output = ""
    for await (const part of child.stderr) {
      output += Buffer.from(part).toString()
      const address = /DevTools listening on (ws:\S+)/.exec(output)?.[1]
      if (address === undefined) continue
      const socket = new WebSocket(address)
      await new Promise((resolve, reject) => {
        socket.onopen = resolve
        socket.onerror = reject
      })
      return new Browser(child, socket, directory)
    }
    throw new Error(`Chromium has ended: ${output}`)
  }

  /** Opens a file, and waits until it is loaded and drawn. */
  async open(file: string, { width, scheme }: Look): Promise<BrowserPage> {
    const { targetId } = await this.#send("Target.createTarget", { url: "about:blank" })
    const { sessionId } = await this.#send("Target.attachToTarget", { targetId, flatten: true })
    const send = (method: string, parameters: object = {}) => this.#send(method, parameters, String(sessionId))
    const evaluate = async (expression: string) => {
      const answer = await send("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true })
      const { result } = answer
      return typeof result === "object" && result !== null && "value" in result ? result.value : undefined
    }
    await send("Emulation.setDeviceMetricsOverride", { width, height: 900, deviceScaleFactor: 1, mobile: false })
    await send("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: scheme }] })
    await send("Page.navigate", { url: Bun.pathToFileURL(file).href })
    const isDrawn = `location.protocol === "file:" && document.readyState === "complete"`
    while ((await evaluate(isDrawn)) !== true) await new Promise<void>((resolve) => setImmediate(resolve))
    await evaluate("new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))")
    const pointAt = async (x: number, y: number) => {
      await send("Input.dispatchMouseEvent", { type: "mouseMoved", x, y })
    }
    return { evaluate, pointAt }
  }

  async close(): Promise<void> {
    this.#socket.close()
    this.#process.kill("SIGKILL")
    await this.#process.exited
    rmSync(this.#directory, { recursive: true, force: true, maxRetries: 5 })
  }

  async #send(method: string, params: object, sessionId?: string): Promise<{ readonly [name: string]: unknown }> {
    const id = this.#next++
    const answer = await new Promise<Answer>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#socket.send(JSON.stringify({ id, method, params, sessionId }))
    })
    return answer.result ?? {}
  }
}
