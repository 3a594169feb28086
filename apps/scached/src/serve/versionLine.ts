import { protocolName } from "@scached/protocol"
import { version } from "../../package.json" with { type: "json" }

/** Put in by the build. */
declare const SCACHED_COMMIT: string

const commit = typeof SCACHED_COMMIT === "string" && SCACHED_COMMIT !== "" ? `commit ${SCACHED_COMMIT}` : "from source"

/** What `--version` prints: which program this is, and what it speaks. */
export const versionLine = `scached ${version} (${commit}, protocol ${protocolName} of Postfix 3.6 and later)`
