#!/usr/bin/env bash
# Claim: Bun 1.4.5, bun build --compile: the targets bun-linux-x64 and bun-linux-x64-baseline make the same executable, byte for byte.
#
# Why a good guess is wrong: the documentation names them as two, the first for processors with AVX2 and faster, the second for older ones; the second
# is fetched from a package of its own, with another checksum.
#
# Who is hurt: projects that build, publish, test and explain two files where one does, and users of older machines who are sent to the "slower" one,
# or are told that the ordinary one does not run there.
#
# Needs: bash, Node.js 20 or newer with npm, x86-64.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes > /dev/null
npm install --silent --no-audit --no-fund bun@1.4.5
echo 'console.log("hello")' > program.ts
for target in bun-linux-x64 bun-linux-x64-baseline; do
  mkdir "$target"
  # The name of the file is in the executable, so that it has to be the same.
  (cd "$target" && timeout 300 ../node_modules/.bin/bun build --compile --target="$target" --outfile program ../program.ts > /dev/null 2>&1)
done
cmp bun-linux-x64/program bun-linux-x64-baseline/program || { echo "they differ: not as stated"; exit 1; }
echo "as stated: both targets make the same file"
