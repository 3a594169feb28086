import * as NodeChildProcessSpawner from "@effect/platform-node-shared/NodeChildProcessSpawner"
import * as NodeFileSystem from "@effect/platform-node-shared/NodeFileSystem"
import * as NodePath from "@effect/platform-node-shared/NodePath"
import * as NodeStdio from "@effect/platform-node-shared/NodeStdio"
import * as NodeTerminal from "@effect/platform-node-shared/NodeTerminal"
import { Console, Effect, Layer } from "effect"
import { CliConfig, CliOutput, Command, GlobalFlag } from "effect/cli"
import { toolVersion } from "./executeRun.ts"
import { reportCommand } from "./reportCommand.ts"
import { runCommand } from "./runCommand.ts"
import { standardCommand } from "./standardCommand.ts"

/** Usage errors in a line or two: a whole help page would scroll them away. */
const presenter = CliOutput.layerPresenter({
  present: (event) =>
    event._tag === "InvalidInvocation"
      ? Console.error(
          `${event.errors.map((error) => `scache-bench: ${error.message}`).join("\n")}\nsee ${event.commandPath.join(" ")} --help`
        )
      : CliOutput.defaultPresenter.present(event)
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
    "Loads connection caches that speak the protocol of Postfix's scache(8), checks every answer and every descriptor, and tells what each can do."
  ),
  Command.withSubcommands([runCommand, reportCommand, standardCommand])
)

/** The whole program, with the arguments of this process. */
export const program = Command.run(command, { version: toolVersion }).pipe(
  Effect.provide(presenter),
  Effect.provide(CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version, GlobalFlag.Completions] })),
  Effect.provide(platform)
)
