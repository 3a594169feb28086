#!/usr/bin/env bun
/**
 * NAME
 *     scache-bench - load connection caches side by side, and check every answer
 *
 * SYNOPSIS
 *     **scache-bench run** **--target** *name*=*socket* [**--postfix**] [options]
 *     **scache-bench standard** [options]
 *     **scache-bench report** [options] *file* [*after*]
 *     **scache-bench schema**
 *     **scache-bench** *command* **--help**
 *
 * DESCRIPTION
 *     The **scache-bench**(1) program makes load for servers that speak the protocol of Postfix's scache(8), **scached**(8) among
 *     them. It measures rate, latency, processor time and memory, and checks every reply and every descriptor that comes back.
 *     Targets are loaded in turn, round after round, so that all of them see the same machine.
 *
 *     In a closed loop, the default, a client begins an operation when its last one has ended. In an open loop (**--rate**)
 *     operations are due at a constant rate, and latency counts from when they were due: a server that stalls is charged with all
 *     operations that had to wait.
 *
 *     An operation that takes longer than **--patience** is stuck. Its client goes on waiting, and comes back when the server does.
 *     Operations that were stuck, and those that were never begun, are counted, and are in the percentiles with the time that they
 *     waited.
 *
 *     A server that ends in the middle of a run is lost: one line says by which signal or exit code, and its finished rounds count.
 *     That is no wrong answer.
 *
 * COMMANDS
 *     **run**
 *         Load the targets that are named, print a table, and write files.
 *
 *     **standard**
 *         The standard comparison of **scached**(8) with scache(8), and with a floor that moves the same bytes and descriptors and
 *         caches nothing. The first line says how many times **scached**(8) is each of them, with the range over all rounds.
 *
 *     **report**
 *         Show a result again, or compare two.
 *
 *     **schema**
 *         Print the JSON schema of results.
 *
 * OPTIONS OF RUN
 *     @options run
 *
 * OPTIONS OF STANDARD
 *     @options standard
 *
 * OPTIONS OF REPORT
 *     @options report
 *
 * THRESHOLDS
 *     A threshold is a quantity, one of < <= > >= = and a limit with its unit. Quantities are throughput, p50, p90, p99, p99.9, max,
 *     cpu, switches, rss, own and errors. A quantity alone is about every target, *quantity*(*target*) about one, and
 *     ratio(*a*,*b*) is the throughput of one target over that of another; ratio(*quantity*,*a*,*b*) is that of any quantity.
 *
 *     Times take ns, us, ms or s, sizes B, kB, MB, GB, KiB, MiB or GiB, and rates k or M. What was not measured is missed.
 *
 * JSON
 *     A result has, for each target and each round, the plain numbers: operations a second, p50, p90, p99, p99.9 and max in
 *     nanoseconds, processor time an operation, resident memory, errors and waits. It also has the thresholds with their verdicts,
 *     the command line, the machine and the settings. What was not measured is null. The schema says what each field is.
 *
 * SIGNALS
 *     **INT, TERM, HUP, QUIT**
 *         End the run. The finished rounds are printed and written, marked as incomplete, and servers that were started for the run
 *         are ended.
 *
 * EXIT STATUS
 *     **0**
 *         Every answer was right, and every threshold is met.
 *
 *     **1**
 *         An answer was wrong or never came, a target was lost after its first round, or a threshold is missed.
 *
 *     **2**
 *         The command line is wrong; nothing was started.
 *
 *     **3**
 *         A target could not be started or reached, or was lost in its first round.
 *
 *     **4**
 *         Anything else, a file that cannot be written for instance.
 *
 *     **130**
 *         Interrupted.
 *
 * ENVIRONMENT
 *     **NO_COLOR**
 *         If it is set to anything, no colours are used.
 *
 *     **TMPDIR**
 *         Where the sockets and the output of servers are that are started for the run.
 *
 * SEE ALSO
 *     scached(8), connection cache server
 *     scache(8), Postfix shared connection cache server
 */
import * as NodeRuntime from "@effect/platform-node-shared/NodeRuntime"
import { Cause, Exit } from "effect"
import { exitCodeOf, exitCodes, isToldAlready } from "./command/ExitStatus.ts"
import { program } from "./command/program.ts"

// A terminal that closes (SIGHUP) and Ctrl-\ (SIGQUIT) end it like Ctrl-C: servers that were started for the run end with it.
for (const signal of ["SIGHUP", "SIGQUIT"] as const) process.once(signal, () => process.kill(process.pid, "SIGTERM"))
// An error event without a listener is an exception, and ends with 1 like a wrong answer; `print` reports what it cannot write.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {})

NodeRuntime.runMain(program, {
  disableErrorReporting: true,
  teardown: (exit, onExit) => {
    if (Exit.isSuccess(exit)) return onExit(exitCodes.passed)
    if (Cause.hasInterruptsOnly(exit.cause)) return onExit(exitCodes.interrupted)
    const error = Cause.squash(exit.cause)
    if (!isToldAlready(error)) {
      process.stderr.write(`scache-bench: ${error instanceof Error ? error.message : String(error)}\n`)
    }
    onExit(exitCodeOf(error))
  }
})
