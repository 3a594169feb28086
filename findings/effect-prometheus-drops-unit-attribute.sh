#!/usr/bin/env bash
# Claim: effect 4.1.0, PrometheusMetrics.format() leaves out every attribute called "unit" (and "time_unit"). Two series of one metric that
# differ only there are printed as two samples with the same name and the same labels.
#
# Why a good guess is wrong: an attribute is printed as a label, whatever it is called; "unit" is nowhere documented as reserved. Inside
# Effect the attribute does tell the two series apart, so that the values are counted separately, and only the text merges them.
#
# Who is hurt: programs that count by systemd unit, or label a gauge with its unit of measure. Of two samples with equal labels in one scrape
# a Prometheus server keeps one, so the numbers of one unit stand for all.
#
# Needs: bash, Node.js 20 or newer, npm.
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
  const restarts = Metric.counter("restarts_total", { incremental: true })
  yield* Metric.update(Metric.withAttributes(restarts, { host: "a", unit: "postfix.service" }), 2)
  yield* Metric.update(Metric.withAttributes(restarts, { host: "a", unit: "dovecot.service" }), 5)
  return yield* PrometheusMetrics.format()
})
process.stdout.write(await Effect.runPromise(program))
PROGRAM

node run.mjs > seen
expected='# TYPE restarts_total counter
restarts_total{host="a"} 2
restarts_total{host="a"} 5'

echo "effect 4.1.0 printed:"
cat seen
if [ "$(cat seen)" = "$expected" ]; then
  echo "as stated: the attribute \"unit\" is missing, and two samples have the same labels"
else
  echo "changed: expected"
  echo "$expected"
  exit 1
fi
