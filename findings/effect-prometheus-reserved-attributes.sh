#!/usr/bin/env bash
# Claim: effect 4.1.0, PrometheusMetrics.format() adds labels of its own ("le" to a histogram, "key" to a frequency) even where an attribute
# already has that name. The line then has one label name twice, and Prometheus' parser rejects the whole page, not just the line: every
# other metric of the process is lost with it.
#
# Why a good guess is wrong: the formatter cleans names (it replaces dots and leading digits), so a reader expects it to keep its own labels
# apart, too. "key" looks like any other attribute, and is reserved on frequencies only.
#
# Who is hurt: programs that tag a frequency with the key that was looked up. The scrape works until such a series is counted for the first
# time, and fails as a whole from then on.
#
# Needs: bash, Node.js 20 or newer, npm; for the verdict of Prometheus' parser, apt-get with Debian's package prometheus (promtool), which is
# unpacked in the temporary folder. Without it the script says that this part is missing.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes > /dev/null
npm install --silent --no-audit --no-fund effect@4.1.0

cat > run.mjs << 'PROGRAM'
import { Effect, Metric } from "effect"
import { PrometheusMetrics } from "effect/observability"

const program = Effect.gen(function* () {
  const lookups = Metric.frequency("lookups", { description: "Lookups by result" })
  yield* Metric.update(Metric.withAttributes(lookups, { key: "domain" }), "hit")
  const wait = Metric.histogram("wait_seconds", { boundaries: [1], description: "Time waited" })
  yield* Metric.update(Metric.withAttributes(wait, { le: "far" }), 1)
  return yield* PrometheusMetrics.format()
})
process.stdout.write(await Effect.runPromise(program))
PROGRAM

node run.mjs > seen
echo "effect 4.1.0 printed:"
cat seen
for line in 'lookups{key="domain",key="hit"} 1' 'wait_seconds_bucket{le="far",le="1"} 1'; do
  if ! grep -qxF "$line" seen; then
    echo "changed: expected the line $line"
    exit 1
  fi
done

if command -v apt-get > /dev/null && apt-get download prometheus > /dev/null 2>&1; then
  dpkg-deb --extract prometheus_*.deb unpacked
  echo "promtool of $(echo prometheus_*.deb):"
  if unpacked/usr/bin/promtool check metrics < seen; then
    echo "changed: promtool accepts a label name that stands twice"
    exit 1
  fi
else
  echo "promtool could not be had: its verdict is left out"
fi
echo "as stated: one line has a label name twice"
