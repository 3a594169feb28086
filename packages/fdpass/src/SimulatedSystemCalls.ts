/**
 * The system calls as a simulated machine answers them: in memory, in virtual time, and decided by a seed.
 *
 * A `SimulatedKernel` has processes; each has its own table of descriptors and its own `SystemCalls`. While the program under test waits
 * in `epollWait`, actors move: simulated clients and whatever else a scenario needs. Nothing ever really waits. Every call can be made
 * to fail by plan, and every descriptor's life is in a ledger.
 *
 * @category layers
 */
import { Layer } from "effect"
import type { SimulatedProcess } from "./internal/simulation/SimulatedProcess.ts"
import { ProcessCalls } from "./ProcessCalls.ts"
import { SystemCalls } from "./SystemCalls.ts"

export type { TracedCall } from "./internal/simulation/CallTrace.ts"
export type { FaultableCall, FaultKind, FaultPlan, ScriptedFault } from "./internal/simulation/FaultPlan.ts"
export { explainViolation, type LedgerCounts, type Violation } from "./internal/simulation/Ledger.ts"
export { OneByOneBatch } from "./internal/simulation/OneByOneBatch.ts"
export { SeededRandom } from "./internal/simulation/SeededRandom.ts"
export { type KernelOptions, SimulatedKernel } from "./internal/simulation/SimulatedKernel.ts"
export { type OpenDescriptor, type ProcessOptions, SimulatedProcess } from "./internal/simulation/SimulatedProcess.ts"
export {
  type Actor,
  type ActorProgress,
  SimulationDeadlock,
  SimulationLivelock
} from "./internal/simulation/World.ts"

/**
 * Provides `SystemCalls` as a simulated process makes them.
 *
 * @category layers
 */
export const layer = (process: SimulatedProcess): Layer.Layer<SystemCalls> => Layer.succeed(SystemCalls, process.calls)

/**
 * Provides `ProcessCalls` as a simulated process makes them.
 *
 * @category layers
 */
export const processLayer = (process: SimulatedProcess): Layer.Layer<ProcessCalls> =>
  Layer.succeed(ProcessCalls, process.processCalls)
