import * as NodeChildProcessSpawner from "@effect/platform-node-shared/NodeChildProcessSpawner"
import * as NodeFileSystem from "@effect/platform-node-shared/NodeFileSystem"
import * as NodePath from "@effect/platform-node-shared/NodePath"
import * as NodeStdio from "@effect/platform-node-shared/NodeStdio"
import * as NodeTerminal from "@effect/platform-node-shared/NodeTerminal"
import { Console, Effect, Layer } from "effect"
import { CliConfig, CliOutput, Command, GlobalFlag } from "effect/cli"
import { foldHelp } from "./foldHelp.ts"
import { reportCommand } from "./reportCommand.ts"
import { runCommand } from "./runCommand.ts"
import { schemaCommand } from "./schemaCommand.ts"
import { standardCommand } from "./standardCommand.ts"
import { toolVersion } from "./toolVersion.ts"

/** Usage errors in a line or two, since a whole help page would scroll them away; help within 80 columns. */
const presenter = CliOutput.layerPresenter({
  present: (event) => {
    if (event._tag === "Version") return CliOutput.defaultPresenter.present(event)
    if (event._tag === "Help") return Console.log(foldHelp(CliOutput.defaultFormatter().formatHelpDoc(event.helpDoc)))
    const errors = event.errors.map((error) => `scache-bench: ${error.message}`).join("\n")
    return Console.error(`${errors}\nsee ${event.commandPath.join(" ")} --help`)
  }
})

const platform = Layer.mergeAll(
  NodeChildProcessSpawner.layer.pipe(Layer.provide(Layer.mergeAll(NodeFileSystem.layer, NodePath.layer))),
  NodeFileSystem.layer,
  NodePath.layer,
  NodeStdio.layer,
  NodeTerminal.layer
)

const command = Command.make("scache-bench").pipe(
  Command.withDescription(
    "Loads connection caches that speak the protocol of Postfix's scache(8), checks every answer and every descriptor, and prints rate, latency, CPU and memory."
  ),
  Command.withSubcommands([runCommand, reportCommand, standardCommand, schemaCommand])
)

/** The whole program, with the arguments of this process. */
export const program = Command.run(command, { version: toolVersion }).pipe(
  Effect.provide(presenter),
  Effect.provide(CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version, GlobalFlag.Completions] })),
  Effect.provide(platform)
)
