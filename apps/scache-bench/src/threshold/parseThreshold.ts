import { Result } from "effect"
import { targetName } from "../result/BenchmarkResult.ts"
import { isMetricName, type MetricName, metricNames, metricOf } from "../result/Metric.ts"
import { type Operator, operators, type Quantity, type Threshold, ThresholdInvalid, unitsOf } from "./Threshold.ts"

const forms = "metric, target.metric, metric(target), ratio(A,B) or ratio(metric,A,B)"

/** A part of the text, without the blanks around it, and where it begins. */
interface Part {
  readonly text: string
  readonly position: number
}

const partOf = (whole: string, begin: number, end: number): Part => {
  const text = whole.slice(begin, end)
  const blanks = text.length - text.trimStart().length
  return { text: text.trim(), position: begin + blanks }
}

/** Splits what stands between parentheses at its commas. */
const argumentsOf = (whole: string, begin: number, end: number): ReadonlyArray<Part> => {
  const parts: Array<Part> = []
  let from = begin
  for (let index = begin; index <= end; index++) {
    if (index < end && whole[index] !== ",") continue
    parts.push(partOf(whole, from, index))
    from = index + 1
  }
  return parts
}

type Parsed<A> = Result.Result<A, ThresholdInvalid>

/** The steps of reading one threshold; each error says where in its text. */
class Reader {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  fail(position: number, reason: string): Result.Result<never, ThresholdInvalid> {
    return Result.fail(new ThresholdInvalid({ text: this.#text, position, reason }))
  }

  noMetric({ text, position }: Part): Result.Result<never, ThresholdInvalid> {
    const missing = text === "" ? "no metric" : `no metric "${text}"`
    return this.fail(position, `${missing}: metrics are ${metricNames.join(", ")}`)
  }

  metric(part: Part): Parsed<MetricName> {
    return isMetricName(part.text) ? Result.succeed(part.text) : this.noMetric(part)
  }

  target({ text, position }: Part): Parsed<string> {
    return targetName.test(text)
      ? Result.succeed(text)
      : this.fail(position, `the name of a target is missing, or has a blank or one of (),<>= in it: write ${forms}`)
  }

  /** A metric, alone or behind a target and a dot. */
  plain(part: Part): Parsed<Quantity> {
    if (isMetricName(part.text)) return Result.succeed({ _tag: "Metric", metric: part.text, target: null })
    const metric = metricNames.find((name) => part.text.endsWith(`.${name}`))
    if (metric === undefined) {
      const dot = part.text.lastIndexOf(".")
      return this.noMetric(partOf(this.#text, part.position + dot + 1, part.position + part.text.length))
    }
    const target = { text: part.text.slice(0, -metric.length - 1), position: part.position }
    return Result.map(this.target(target), (name) => ({ _tag: "Metric", metric, target: name }))
  }

  ratio(position: number, parts: ReadonlyArray<Part>): Parsed<Quantity> {
    const [first, second, third] = parts
    if (first === undefined || second === undefined || parts.length > 3) {
      return this.fail(position, "a ratio is written ratio(A,B), of throughputs, or ratio(metric,A,B)")
    }
    const [metric, above, below]: readonly [Parsed<MetricName>, Part, Part] =
      third === undefined ? [Result.succeed("throughput"), first, second] : [this.metric(first), second, third]
    return Result.gen(this, function* () {
      return {
        _tag: "Ratio",
        metric: yield* metric,
        numerator: yield* this.target(above),
        denominator: yield* this.target(below)
      } satisfies Quantity
    })
  }

  quantity(end: number): Parsed<Quantity> {
    const whole = partOf(this.#text, 0, end)
    if (whole.text === "") return this.fail(0, `it must begin with ${forms}; metrics are ${metricNames.join(", ")}`)
    const open = whole.text.indexOf("(")
    if (open < 0) return this.plain(whole)
    const close = whole.text.length - 1
    if (whole.text[close] !== ")") {
      return this.fail(whole.position + open, 'the parenthesis is not closed: ")" must stand before the operator')
    }
    const inner = argumentsOf(this.#text, whole.position + open + 1, whole.position + close)
    const name = partOf(this.#text, whole.position, whole.position + open)
    if (name.text === "ratio") return this.ratio(name.position, inner)
    const [target, more] = inner
    return Result.flatMap(this.metric(name), (metric): Parsed<Quantity> => {
      if (target === undefined || more !== undefined) {
        return this.fail(name.position, `one target stands in ${name.text}(target)`)
      }
      return Result.map(this.target(target), (checked) => ({ _tag: "Metric", metric, target: checked }))
    })
  }

  limit(begin: number, quantity: Quantity): Parsed<number> {
    const part = partOf(this.#text, begin, this.#text.length)
    const number = /^\d+(?:\.\d+)?(?:e[+-]?\d+)?/i.exec(part.text)?.[0]
    if (number === undefined || !Number.isFinite(Number(number))) {
      return this.fail(part.position, "a number must stand here, such as 2 or 0.5, with its unit")
    }
    const unit = partOf(this.#text, part.position + number.length, this.#text.length)
    const units = unitsOf[quantity._tag === "Ratio" ? "ratio" : metricOf(quantity.metric).dimension]
    const factor = Object.entries(units).find(([name]) => name === unit.text)?.[1]
    if (factor !== undefined) return Result.succeed(Number(number) * factor)
    const names = Object.keys(units).filter((name) => name !== "")
    const allowed = names.length === 0 ? "nothing may follow the number" : `units here are ${names.join(", ")}`
    return this.fail(unit.position, unit.text === "" ? `the unit is missing: ${allowed}` : allowed)
  }
}

const findOperator = (text: string): { readonly operator: Operator; readonly position: number } | undefined => {
  const position = text.search(/[<>=]/)
  const operator = position < 0 ? undefined : operators.find((each) => text.startsWith(each, position))
  return operator === undefined ? undefined : { operator, position }
}

/**
 * Reads a threshold: `p99<2ms` (every target), `scached.p99<2ms` or `p99(scached)<2ms` (one), `ratio(scached,scache)>12`
 * (throughputs), `ratio(cpu,scached,scache)<0.5`. Operators are < <= > >= =; latencies and cpu need a unit of time, rss one of size.
 */
export const parseThreshold = (text: string): Result.Result<Threshold, ThresholdInvalid> => {
  const reader = new Reader(text)
  const found = findOperator(text)
  return Result.gen(function* () {
    const quantity = yield* reader.quantity(found?.position ?? text.length)
    if (found === undefined) return yield* reader.fail(text.length, `an operator must follow: ${operators.join(" ")}`)
    const limit = yield* reader.limit(found.position + found.operator.length, quantity)
    return { text, quantity, operator: found.operator, limit }
  })
}
