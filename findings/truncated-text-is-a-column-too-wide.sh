#!/usr/bin/env bash
# Claim: Bun 1.4.5, Bun.sliceAnsi(text, 0, columns, "…"), and cli-truncate 5.1.1, cliTruncate(text, columns): of text with wide characters the result
# is one column wider than asked for, whenever the cut falls into the middle of a character of two columns. At the other end
# (sliceAnsi(text, -columns, undefined, "…")) the result of Bun is never too wide.
#
# Why a good guess is wrong: both measure columns and not characters, and know that such a character takes two. Bun's types say that the ellipsis "is
# counted against the visible-width budget", and that the call replaces cli-truncate; cli-truncate promises "a specific width in the terminal". What
# is cut to the width of a terminal is expected to fit into it.
#
# Who is hurt: progress lines, tables and status bars with Chinese, Japanese or Korean names. The line is a column too long: the terminal wraps it, a
# line that is rewritten in place leaves its rest behind, and the columns of a table stand askew. Tests with ASCII never see it, and half of the
# widths are right.
#
# Needs: bash, Node.js 20 or newer with npm, Linux.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes > /dev/null
npm install --silent --no-audit --no-fund bun@1.4.5 cli-truncate@5.1.1 string-width@8.1.0

cat > run.mjs << 'PROGRAM'
import cliTruncate from "cli-truncate"
import stringWidth from "string-width"

const text = "日本語日本語"
const excess = (truncate) => [2, 3, 4, 5].map((columns) => stringWidth(truncate(columns)) - columns).join(" ")
console.log(`bun, end: ${excess((columns) => Bun.sliceAnsi(text, 0, columns, "…"))}`)
console.log(`bun, start: ${excess((columns) => Bun.sliceAnsi(text, -columns, undefined, "…"))}`)
console.log(`cli-truncate, end: ${excess((columns) => cliTruncate(text, columns))}`)
console.log(`bun, ASCII: ${excess((columns) => Bun.sliceAnsi("unicorns", 0, columns, "…"))}`)
PROGRAM

timeout 60 node_modules/.bin/bun run.mjs > seen
cat > expected << 'TEXT'
bun, end: 1 0 1 0
bun, start: -1 0 -1 0
cli-truncate, end: 1 0 1 0
bun, ASCII: 0 0 0 0
TEXT
diff expected seen
echo "as stated: cut to 2 and 4 columns, wide text takes 3 and 5"
