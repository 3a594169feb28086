import { accessSync, constants } from "node:fs"

/** Whether there is a program at the path, and this user may run it. */
export const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
