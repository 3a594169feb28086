/** The service, with a hang planted: SIGUSR2 makes its thread never return. */
import { main } from "../../src/master/main.ts"

process.on("SIGUSR2", () => {
  for (;;);
})
main(process.argv.slice(2), "scached")
