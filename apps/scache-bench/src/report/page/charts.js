// Runs in the page, after uPlot: draws the charts that the page's data names, in the colours of the page's style.
;(() => {
  const uPlot = window.uPlot
  const charts = JSON.parse(document.getElementById("charts").textContent)
  const dashes = [[], [10, 4], [3, 3], [12, 3, 3, 3], [6, 6], [1, 4]]
  const digits = (value) => Number(value.toPrecision(3))

  const formatNanos = (nanos) => {
    // Beyond the scale of a latency.
    if (nanos >= 3.6e12) return ">1 h"
    if (nanos >= 1e9) return `${digits(nanos / 1e9)} s`
    if (nanos >= 1e6) return `${digits(nanos / 1e6)} ms`
    return nanos >= 1e3 ? `${digits(nanos / 1e3)} µs` : `${digits(nanos)} ns`
  }
  const formatRate = (rate) => {
    if (rate >= 1e6) return `${digits(rate / 1e6)}M`
    return rate >= 1e3 ? `${digits(rate / 1e3)}k` : String(Math.round(rate))
  }
  // 1 in 1000 operations is slower than p99.9: as many digits as there are nines.
  const formatOneIn = (oneIn) => {
    if (oneIn === 1) return "0%"
    const decimals = Math.max(0, Math.ceil(Math.log10(oneIn) - 2 - 1e-9))
    const scale = 10 ** decimals
    return `${Math.floor(100 * (1 - 1 / oneIn) * scale + 1e-6) / scale}%`
  }

  const yFormats = {
    nanoseconds: formatNanos,
    "operations a second": formatRate
  }
  const xFormats = {
    seconds: (second) => (Number.isInteger(second) ? `${second} s` : ""),
    "one in": formatOneIn
  }

  /** On a logarithmic scale the lines of 1, 2 and 5 are enough for the eye. */
  const roundOnly = (_, splits) =>
    splits.map((each) => (["1", "2", "5"].includes(each.toExponential(0)[0]) ? each : null))

  const wholeSeconds = [1, 2, 5, 10, 20, 60, 120, 300, 600, 1800, 3600]

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim()

  /** Powers of ten as far as the operations reach, and the median: as many as have room for their labels. */
  const oneInSplits = (u) => {
    const last = u.scales.x.max
    const pixelsOfNine = u.bbox.width / devicePixelRatio / Math.log10(last)
    const factor = 10 ** Math.max(1, Math.ceil(64 / pixelsOfNine))
    const splits = pixelsOfNine * Math.log10(2) > 40 ? [1, 2] : [1]
    for (let oneIn = factor; oneIn <= last * 1.0001; oneIn *= factor) splits.push(oneIn)
    return splits
  }

  const optionsOf = (chart, width) => {
    const text = colour("--text")
    const grid = { stroke: colour("--line"), width: 1 }
    const format = yFormats[chart.yKind]
    const xFormat = xFormats[chart.xKind]
    const isOneIn = chart.xKind === "one in"
    const axis = { stroke: text, grid, ticks: grid, font: "12px system-ui, sans-serif" }
    // Latencies of two caches differ by powers of ten, and on a linear scale the faster one lies on the axis.
    const isLogarithmic = chart.yKind === "nanoseconds"
    const most = Math.max(1, ...chart.series.flatMap(({ values }) => values.map((value) => value ?? 0)))
    return {
      width,
      height: width < 520 ? 260 : 340,
      scales: {
        x: isOneIn ? { time: false, distr: 3, range: () => [1, Math.max(10, chart.x.at(-1))] } : { time: false },
        y: isLogarithmic ? { distr: 3 } : { range: () => [0, most * 1.1] }
      },
      axes: [
        {
          ...axis,
          values: (_, splits) => splits.map(xFormat),
          ...(isOneIn ? { splits: oneInSplits, filter: (_, splits) => splits } : { incrs: wholeSeconds })
        },
        {
          ...axis,
          size: 72,
          values: (_, splits) => splits.map((value) => (value === null ? "" : format(value))),
          ...(isLogarithmic ? { grid: { ...grid, filter: roundOnly }, ticks: { ...grid, filter: roundOnly } } : {})
        }
      ],
      // Names and colours; the values are at the cursor.
      legend: { live: false, markers: { fill: (_, index) => colour(`--colour-${chart.series[index - 1]?.colour}`) } },
      hooks: { setCursor: [(u) => showTip(u, chart, (value) => tipXFormat(chart.xKind, value), format)] },
      series: [
        {},
        ...chart.series.map(({ name, colour: number, dash }) => ({
          label: name,
          stroke: colour(`--colour-${number}`),
          width: 2,
          dash: dashes[dash % dashes.length],
          points: { show: chart.x.length < 60 && !isOneIn }
        }))
      ]
    }
  }

  const tipXFormat = (xKind, value) => (xKind === "seconds" ? `second ${value}` : formatOneIn(value))

  /** The values of all lines at the cursor, beside it and within the chart. */
  const showTip = (u, chart, xFormat, format) => {
    const { left, top, idx } = u.cursor
    u.over.querySelector(".tip")?.remove()
    if (idx === null || idx === undefined || left < 0) return
    // Between two rounds.
    if (chart.series.every(({ values }) => values[idx] === null || values[idx] === undefined)) return
    const tip = document.createElement("div")
    tip.className = "tip"
    const head = document.createElement("div")
    head.textContent = xFormat(chart.x[idx])
    tip.append(head)
    for (const [index, { name, values, colour: number }] of chart.series.entries()) {
      if (u.series[index + 1].show === false) continue
      const line = document.createElement("div")
      const mark = document.createElement("span")
      mark.className = `swatch colour-${number}`
      const value = values[idx]
      line.append(mark, `${name} ${value === null || value === undefined ? "no answer" : format(value)}`)
      tip.append(line)
    }
    u.over.append(tip)
    const isRight = left > u.over.clientWidth / 2
    tip.style.left = `${Math.max(0, isRight ? left - tip.offsetWidth - 12 : left + 12)}px`
    tip.style.top = `${Math.max(0, Math.min(top, u.over.clientHeight - tip.offsetHeight))}px`
  }

  const draw = (chart) => {
    const place = document.getElementById(chart.id)
    let plot
    const redraw = () => {
      plot?.destroy()
      const data = [chart.x, ...chart.series.map(({ values }) => values)]
      plot = new uPlot(optionsOf(chart, Math.max(240, place.clientWidth)), data, place)
    }
    redraw()
    let lastWidth = place.clientWidth
    new ResizeObserver(() => {
      if (place.clientWidth === lastWidth) return
      lastWidth = place.clientWidth
      redraw()
    }).observe(place)
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw)
  }

  for (const chart of charts) draw(chart)
})()
