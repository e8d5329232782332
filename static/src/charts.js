/*! Bundles uPlot (https://github.com/leeoniya/uPlot), Copyright (c) 2022 Leon Sorokin, MIT licence. */
// Draws a promise over its years from the numbers the page carries; the table below has the same.
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

const WIDE = 560; // px from which every figure has its label and the lines are named at the right

show();
document.addEventListener("fresh:renewed", show);

function show() {
  const figure = document.querySelector(".trend");
  const source = document.getElementById("chart-data");
  if (figure && source) draw(figure, JSON.parse(source.textContent));
}

function draw(figure, data) {
  const plot = figure.querySelector(".plot");
  figure.hidden = false;
  const colours = paletteOf(figure);
  let chart = null;
  const redraw = () => {
    const width = Math.floor(plot.clientWidth);
    if (!width || (chart && chart.width === width)) return;
    chart?.destroy();
    chart = new uPlot(optionsOf(data, width, colours), columnsOf(data), plot);
  };
  redraw();
  new ResizeObserver(redraw).observe(plot);
}

function paletteOf(figure) {
  const style = getComputedStyle(figure);
  const colour = (name) => style.getPropertyValue(`--${name}`).trim();
  return {
    actual: colour("t-actual"),
    old: colour("t-old"),
    path: colour("t-path"),
    goal: colour("t-goal"),
    forecast: colour("t-forecast"),
    band: colour("t-band"),
    grid: colour("t-grid"),
    paper: colour("t-paper"),
    text: colour("t-text"),
    font: style.fontFamily,
  };
}

/** [years, path, goal, forecast, one line a standard, the hollow last point], as uPlot takes them. */
function columnsOf(data) {
  const goal = data.years.map((year) => (year >= data.goalFrom ? data.goal : null));
  const last = data.lines[data.lines.length - 1];
  const hollow = data.years.map((year, i) => (data.hollow && year === data.last ? last[i] : null));
  return [data.years, data.path, goal, forecastOf(data), ...data.lines, hollow];
}

function forecastOf(data) {
  const { forecast } = data;
  if (!forecast) return data.years.map(() => null);
  const [from, start] = forecast.from;
  const step = (forecast.value - start) / (forecast.year - from);
  return data.years.map((year) =>
    year < from || year > forecast.year ? null : start + step * (year - from));
}

function optionsOf(data, width, colours) {
  const isWide = width >= WIDE;
  const font = (size, weight = 400) => `${weight} ${size}px ${colours.font}`;
  const words = new Intl.NumberFormat("vi-VN", { maximumFractionDigits: Math.max(data.decimals, 1) });
  const solid = (colour, more) => ({ spanGaps: true, stroke: colour, width: 2.5, ...more });
  const dots = (colour) => ({ show: true, size: 8, stroke: colour, fill: colour });
  const ends = data.lines.length - 1;
  return {
    width,
    height: isWide ? 340 : 260,
    padding: [22, isWide ? 134 : 16, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    scales: { x: { time: false, range: [data.years[0], data.years[data.years.length - 1]] },
      y: { range: (_chart, low, high) => rangeOf(data, low, high) } },
    axes: [
      { stroke: colours.text, font: font(13), grid: { show: false }, ticks: { show: false },
        splits: () => data.years, gap: 10, size: 34,
        values: (_chart, years) => years.map((year, i) =>
          isWide || years.length < 7 || i % 2 === 0 ? String(year) : "") },
      { stroke: colours.text, font: font(13), size: (_chart, values) => sizeOf(values),
        ticks: { show: false }, grid: { stroke: colours.grid, width: 1 }, space: 46,
        values: (_chart, values) => values.map((value) => words.format(value)) },
    ],
    series: [
      {},
      { spanGaps: true, stroke: colours.path, width: 1.8, dash: [7, 5], points: { show: false } },
      { stroke: colours.goal, width: 1.5, points: { show: false } },
      { stroke: colours.forecast, width: 1.8, dash: [2, 4], points: { show: false } },
      ...data.lines.map((_line, i) => {
        const colour = i === ends ? colours.actual : colours.old;
        return solid(colour, { points: dots(colour) });
      }),
      { stroke: colours.actual, width: 0,
        points: { show: true, size: 12, width: 2.5, stroke: colours.actual, fill: colours.paper } },
    ],
    hooks: {
      drawClear: [(chart) => drawBand(chart, data, colours)],
      draw: [(chart) => write(chart, data, colours, font, isWide)],
    },
  };
}

/** Room for the band and the labels; zero is the floor of what cannot be negative and is near. */
function rangeOf(data, low, high) {
  const { forecast } = data;
  const all = [low, high, forecast?.low, forecast?.high].filter((value) => value != null);
  const least = Math.min(...all);
  const most = Math.max(...all);
  const room = (most - least || Math.abs(most) || 1) * 0.08;
  const floor = least >= 0 && least < most * 0.6 ? 0 : least - room;
  return [floor, most + room];
}

function sizeOf(values) {
  const longest = Math.max(1, ...(values || []).map((value) => value.length));
  return 14 + longest * 7.5;
}

function drawBand(chart, data, colours) {
  const { forecast } = data;
  if (!forecast || forecast.low == null) return;
  const at = (year, value) => [chart.valToPos(year, "x", true), chart.valToPos(value, "y", true)];
  const { ctx } = chart;
  ctx.save();
  ctx.beginPath();
  ctx.moveTo(...at(...forecast.from));
  ctx.lineTo(...at(forecast.year, forecast.low));
  ctx.lineTo(...at(forecast.year, forecast.high));
  ctx.closePath();
  ctx.fillStyle = colours.band;
  ctx.strokeStyle = colours.forecast;
  ctx.lineWidth = devicePixelRatio;
  ctx.fill();
  ctx.stroke();
  ctx.restore();
}

/** Figures beside their points; what the lines lead to, at the right where there is room. */
function write(chart, data, colours, font, isWide) {
  const { ctx } = chart;
  const scale = devicePixelRatio;
  const text = (words, x, y, colour, align, weight = 600) => {
    ctx.font = font(13 * scale, weight);
    ctx.fillStyle = colour;
    ctx.textAlign = align;
    ctx.fillText(words, x, y);
  };
  ctx.save();
  ctx.textBaseline = "middle";
  for (const [year, words] of Object.entries(data.labels)) {
    const at = Number(year);
    const isEdge = at === data.years[0] || at === data.last;
    if (isWide || isEdge) writeFigure(chart, data, at, words, text, colours, scale);
  }
  if (isWide) writeEnds(chart, data, text, colours, scale);
  ctx.restore();
}

function writeFigure(chart, data, year, words, text, colours, scale) {
  const index = data.years.indexOf(year);
  const values = data.lines.map((line) => line[index]).filter((value) => value != null);
  const value = year === data.last ? data.lines[data.lines.length - 1][index] : values[0];
  if (value == null) return;
  const path = data.path[index];
  const isUnder = path != null && value < path;
  const x = chart.valToPos(year, "x", true);
  const y = chart.valToPos(value, "y", true) + (isUnder ? 17 : -16) * scale;
  const isFirst = index === 0;
  text(words, x + (isFirst ? 6 * scale : 0), y, colours.text, isFirst ? "left" : "center");
}

function writeEnds(chart, data, text, colours, scale) {
  const x = chart.bbox.left + chart.bbox.width + 9 * scale;
  const place = (value) => chart.valToPos(value, "y", true);
  const line = 17 * scale;
  const goal = place(data.goal);
  const { forecast } = data;
  if (!forecast) {
    text(data.promise, x, goal, colours.goal, "left");
    return;
  }
  let at = place(forecast.value);
  if (Math.abs(at - goal) < line * 1.9) at = at < goal ? goal - line * 1.9 : goal + line * 1.1;
  text(data.promise, x, goal, colours.goal, "left");
  const [figure, band] = forecast.label.split(" (");
  text(figure, x, at, colours.forecast, "left");
  if (band) text(`(${band}`, x, at + line, colours.forecast, "left", 400);
}
