import type { EventLoop } from "@scached/reactor"
import type { Journal } from "../../log/Journal.ts"
import type { SettingsInForce } from "../../settings/CacheSettings.ts"
import type { ConnectionCache } from "../ConnectionCache.ts"
import type { Inspector } from "../inspection/Inspector.ts"
import type { LimitNotices } from "../LimitNotices.ts"
import type { Client } from "./Client.ts"

/** What a client needs of its server. */
export interface ClientContext {
  readonly loop: EventLoop
  readonly cache: ConnectionCache
  readonly settings: SettingsInForce
  readonly journal: Journal["Service"]
  readonly notices: LimitNotices
  readonly inspector: Pick<Inspector, "begin">
  /**
   * Called once, when the client is gone and everything of its has been released: what it has left unread too, which may take a while.
   */
  readonly onClosed: (client: Client) => void
}
