import { PendingSignal } from "./PendingSignal.ts"

/** The signals that a daemon gets: what they ask for, and which one has ended it. */
export class ProcessSignals {
  /** SIGHUP: the settings are to be read again. */
  readonly hangUps = new PendingSignal()
  /** SIGUSR1: the state is to be logged. */
  readonly statusCalls = new PendingSignal()
  /** The signal that has ended the process. */
  ending: string | undefined

  readonly onEnding = (signal: string): void => {
    this.ending ??= signal
  }
}
