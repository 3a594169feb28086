#!/usr/bin/env bash
# Claim: Bun 1.4.5, Bun.spawn({ terminal }): with inline options the terminal is the child's controlling one; with a `Bun.Terminal` object that was
# made before it is not. isTTY is true in both cases, but with the object there is no /dev/tty, and Ctrl-C written to it ends nobody.
#
# Why a good guess is wrong: the types of Bun show both forms side by side, the object "for reuse", and say of both that the child "sees itself
# running in a real terminal". Nothing says that job control differs.
#
# Who is hurt: programs that drive another one on a terminal: tests of prompts, terminal multiplexers, wrappers of ssh, sudo and gpg, which ask for
# passwords on /dev/tty. They work with the one form, and with the other fail or cannot be interrupted.
#
# Needs: bash, Node.js 20 or newer with npm, Linux.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes > /dev/null
npm install --silent --no-audit --no-fund bun@1.4.5

cat > run.ts << 'PROGRAM'
const command = ["sh", "-c", "test -t 0 && echo a terminal; (exec 3< /dev/tty) 2> /dev/null && echo controlling || echo not controlling"]
const decoder = new TextDecoder()

const lookAt = async (name: string, spawn: (data: (terminal: unknown, bytes: Uint8Array) => void) => Bun.Subprocess) => {
  let text = ""
  const done = Promise.withResolvers<void>()
  const child = spawn((_, bytes) => {
    text += decoder.decode(bytes)
    if (text.includes("controlling\r\n")) done.resolve()
  })
  await Promise.all([child.exited, done.promise])
  console.log(`${name}: ${text.trim().split("\r\n").join(", ")}`)
}

await lookAt("inline options", (data) => Bun.spawn(command, { terminal: { data } }))
await lookAt("Bun.Terminal", (data) => Bun.spawn(command, { terminal: new Bun.Terminal({ data }) }))
process.exit(0)
PROGRAM

timeout 60 node_modules/.bin/bun run.ts > seen
expected='inline options: a terminal, controlling
Bun.Terminal: a terminal, not controlling'

echo "bun 1.4.5 printed:"
cat seen
if [ "$(cat seen)" = "$expected" ]; then
  echo "as claimed"
else
  echo "not as claimed; expected:"
  echo "$expected"
  exit 1
fi
