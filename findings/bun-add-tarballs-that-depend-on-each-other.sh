#!/usr/bin/env bash
# Claim: Bun 1.4.5 cannot install two packages from tarballs in one command when one depends on the other by its version: it asks the registry for the
# other one. npm 11.19 installs the same two without any registry.
#
# Why a good guess is wrong: `bun add ./a.tgz ./b.tgz` takes tarballs, and bun.lock resolves a workspace's packages by version among each other. That
# what stands on the same command line does not count is nowhere documented, and the error speaks of the registry, not of the tarball beside it.
#
# Who is hurt: projects that hand out several packages that belong together as files, before or instead of publishing them. Their users need
# `overrides` with a path for each, or npm.
#
# Needs: bash, Node.js 20 or newer with npm.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
mkdir tools one two with-npm with-bun
(cd tools && npm init --yes > /dev/null && npm install --silent --no-audit --no-fund bun@1.4.5)

echo '{ "name": "@two-that-belong-together/one", "version": "1.0.0" }' > one/package.json
echo '{ "name": "@two-that-belong-together/two", "version": "1.0.0", "dependencies": { "@two-that-belong-together/one": "1.0.0" } }' > two/package.json
for each in one two; do (cd "$each" && npm pack --silent --pack-destination .. > /dev/null); done
for each in with-npm with-bun; do echo '{ "name": "project", "private": true }' > "$each/package.json"; done

# A port that refuses: neither needs a registry for what is there.
registry=http://127.0.0.1:9
(cd with-npm && npm install --silent --no-audit --no-fund --fetch-retries=0 --registry "$registry" ../*.tgz)
test -f with-npm/node_modules/@two-that-belong-together/one/package.json

if (cd with-bun && BUN_CONFIG_REGISTRY=$registry timeout 60 ../tools/node_modules/.bin/bun add ../*.tgz > ../seen 2>&1); then
  echo "Bun has installed both: not as stated"
  exit 1
fi
grep -q "two-that-belong-together/one@1.0.0 failed to resolve" seen
echo "as stated: npm installs two tarballs that depend on each other, bun add asks the registry"
