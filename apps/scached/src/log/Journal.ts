import { Context, Effect, Layer } from "effect"

/**
 * What the cache writes down, callable from the plain code that the loop drives.
 *
 * It goes to Effect's loggers: where the lines end up, and in what form, is decided where the program is composed.
 */
export class Journal extends Context.Service<
  Journal,
  {
    /** `fields` has the numbers of the line, for those who read JSON. */
    readonly info: (message: string, fields?: Readonly<Record<string, unknown>>) => void
    readonly warning: (message: string) => void
    /** For operators who asked to see every request; look at `isVerbose` before building the text. */
    readonly verbose: (message: string) => void
    readonly isVerbose: boolean
  }
>()("@scached/scached/Journal") {
  static readonly layer = (options: { readonly isVerbose: boolean }): Layer.Layer<Journal> =>
    Layer.effect(
      Journal,
      Effect.map(Effect.context<never>(), (context) => {
        const run = Effect.runSyncWith(context)
        return {
          info: (message: string, fields: Readonly<Record<string, unknown>> = {}) =>
            run(Effect.annotateLogs(Effect.logInfo(message), fields)),
          warning: (message: string) => run(Effect.logWarning(message)),
          verbose: (message: string) => run(Effect.logInfo(message)),
          isVerbose: options.isVerbose
        }
      })
    )
}
