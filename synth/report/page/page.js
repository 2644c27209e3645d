"use strict";
// Themes, values under the pointer, and sliders.  Texts are inserted as text, never as HTML.
const page = (() => {
  const SVG = "http://www.w3.org/2000/svg";
  const SAME = 1e-6;

  // ---- theme
  document.getElementById("theme").addEventListener("change", (event) => {
    if (event.target.value) document.documentElement.dataset.theme = event.target.value;
    else delete document.documentElement.dataset.theme;
  });

  // ---- a tree wider than its box begins with its root in view
  for (const tree of document.querySelectorAll(".scroll > .tree")) {
    const [root, box] = [tree.querySelector(".node rect"), tree.parentNode];
    box.scrollLeft = root.x.baseVal.value + (root.width.baseVal.value - box.clientWidth) / 2;
  }

  // ---- values under the pointer, or at the arrow keys
  const tip = document.getElementById("tip");
  let ring = null;

  function hide() {
    tip.hidden = true;
    if (ring) ring.remove();
    ring = null;
  }

  function series(chart) {
    if (chart.series) return chart.series;
    const names = [chart.dataset.xname || "x", chart.dataset.yname || "y"];
    const box = chart.querySelector("clipPath rect");
    const [wide, high] = [box.width.baseVal.value - 8, box.height.baseVal.value - 8];
    chart.series = [...chart.querySelectorAll("path[data-x]")].map((path) => {
      const [xs, ys] = [path.dataset.x.split("\n"), path.dataset.y.split("\n")];
      const tips = path.dataset.tips ? path.dataset.tips.split("\n") : [];
      const places = [...path.getAttribute("d").matchAll(/[ML](-?[\d.]+),(-?[\d.]+)/g)];
      const points = places.map((m, k) => {
        const lines = path.dataset.name ? [path.dataset.name] : [];
        lines.push(`${names[0]}: ${xs[k]}`, `${names[1]}: ${ys[k]}`);
        if (tips[k]) lines.push(tips[k]);
        return { x: +m[1], y: +m[2], path, text: lines.join("\n") };
      });
      return points.filter((p) => p.x >= -4 && p.x <= wide + 4 && p.y >= -4 && p.y <= high + 4);
    }).filter((points) => points.length);
    return chart.series;
  }

  // The levels of a picture: its PNG uses no filter, so its data are the levels themselves.
  async function levels(image) {
    const text = atob(image.getAttribute("href").split(",")[1]);
    const bytes = Uint8Array.from(text, (c) => c.charCodeAt(0));
    const view = new DataView(bytes.buffer);
    const [columns, rows, parts] = [view.getUint32(16), view.getUint32(20), []];
    for (let at = 8; at < bytes.length; at += 12 + view.getUint32(at)) {
      const body = bytes.subarray(at + 8, at + 8 + view.getUint32(at));
      if (String.fromCharCode(...bytes.subarray(at + 4, at + 8)) === "IDAT") parts.push(body);
    }
    const stream = new Blob(parts).stream().pipeThrough(new DecompressionStream("deflate"));
    const raw = new Uint8Array(await new Response(stream).arrayBuffer());
    return { columns, rows, at: (x, y) => raw[y * (columns + 1) + 1 + x] };
  }

  // Shows the value of the cell that `place` gives for the number of columns and rows.
  async function pictureValue(image, place) {
    image.levels = image.levels || levels(image);
    const grid = await image.levels, box = image.getBoundingClientRect();
    const [left, right, low, high] = image.dataset.span.split(" ").map(Number);
    const inside = (cell, count) => Math.max(0, Math.min(count - 1, Math.floor(cell)));
    let [column, row] = place(grid.columns, grid.rows, box);
    [column, row] = [inside(column, grid.columns), inside(row, grid.rows)];
    const x = left + ((column + 0.5) * (right - left)) / grid.columns;
    const y = high - ((row + 0.5) * (high - low)) / grid.rows;
    const value = image.dataset.values.split("\n")[grid.at(column, row)];
    show(`across ${+x.toFixed(3)}, up ${+y.toFixed(3)}: ${value}`,
      box.left + ((column + 0.5) * box.width) / grid.columns,
      box.top + ((row + 0.5) * box.height) / grid.rows);
    return [column, row];
  }

  function show(text, x, y) {
    tip.textContent = text;
    tip.hidden = false;
    const room = document.documentElement.clientWidth;
    tip.style.left = `${Math.max(4, Math.min(x + 12, room - tip.offsetWidth - 4)) + scrollX}px`;
    const above = y - tip.offsetHeight - 10;
    tip.style.top = `${(above > 0 ? above : y + 16) + scrollY}px`;
  }

  function mark(chart, point) {
    if (ring) ring.remove();
    ring = document.createElementNS(SVG, "circle");
    ring.setAttribute("class", "ring");
    ring.setAttribute("r", 6);
    ring.setAttribute("cx", point.x);
    ring.setAttribute("cy", point.y);
    point.path.parentNode.append(ring);
    const at = ring.getBoundingClientRect();
    show(point.text, at.left + at.width / 2, at.top);
  }

  function nearest(chart, event) {
    let best = null, least = 26;
    for (const points of series(chart)) {
      const matrix = points[0].path.getScreenCTM();
      for (const point of points) {
        const [x, y] = [matrix.a * point.x + matrix.e, matrix.d * point.y + matrix.f];
        const far = Math.hypot(x - event.clientX, y - event.clientY);
        if (far < least) [best, least] = [point, far];
      }
    }
    return best;
  }

  for (const chart of document.querySelectorAll("svg.chart[tabindex]")) {
    chart.addEventListener("pointermove", (event) => {
      const point = nearest(chart, event);
      if (point) mark(chart, point);
      else if (event.target.dataset.span) {
        const [x, y] = [event.clientX, event.clientY];
        pictureValue(event.target, (columns, rows, box) => [
          ((x - box.left) / box.width) * columns, ((y - box.top) / box.height) * rows]);
      }
      else hide();
    });
    chart.addEventListener("pointerleave", hide);
    chart.addEventListener("blur", hide);
    chart.addEventListener("keydown", (event) => {
      if (event.key === "Escape") hide();
      const all = series(chart), image = chart.querySelector("image[data-span]");
      if (!all.length && image && event.key.startsWith("Arrow")) {
        event.preventDefault();
        const [across, down] = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, -1],
          ArrowDown: [0, 1] }[event.key];
        // Starts at the lower left cell.
        pictureValue(image, (columns, rows) => {
          const [x, y] = chart.cell || [-1, rows - 1];
          return [x + across, y + down];
        }).then((cell) => { chart.cell = cell; });
      }
      if (!all.length) return;
      const at = chart.at || (chart.at = { line: 0, point: -1 });
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      const turn = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step) {
        at.point = Math.max(0, Math.min(all[at.line].length - 1, at.point + step));
      } else if (turn) {
        at.line = (at.line + turn + all.length) % all.length;
        at.point = Math.max(0, Math.min(at.point, all[at.line].length - 1));
      } else {
        return;
      }
      event.preventDefault();
      mark(chart, all[at.line][at.point]);
    });
  }
  document.addEventListener("pointermove", (event) => {
    const part = event.target.closest ? event.target.closest("rect[data-tip]") : null;
    if (part) show(part.dataset.tip, event.clientX, event.clientY);
    else if (!(event.target.closest && event.target.closest("svg.chart[tabindex]"))) hide();
  });

  // ---- what would win: the same formulas as in contenders.py
  const COEFFICIENTS = [
    0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313,
    -176.61502916214059, 12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6,
    1.5056327351493116e-7,
  ];

  // The logarithm of the gamma function, by Lanczos's approximation.
  function lgamma(x) {
    if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - lgamma(1 - x);
    let sum = COEFFICIENTS[0];
    for (let k = 1; k < 9; k++) sum += COEFFICIENTS[k] / (x - 1 + k);
    const t = x + 6.5;
    return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(t) - t + Math.log(sum);
  }

  const choose = (n, e) => (lgamma(n + 1) - lgamma(e + 1) - lgamma(n - e + 1)) / Math.LN2;

  function tableBits(c, n, q) {
    if (c.tables === "fixed") return c.table;
    const uniform = 2 + n * Math.log2(c.k);
    if (c.tables === "uniform") return uniform;
    const share = (1 - q) * c.minority + q / 2;
    return Math.min(uniform, 2 + Math.log2(n + 1) + choose(n, n * share));
  }

  function weigh(c, q, n, decay) {
    if (c.beta !== null) {
      const empty = Math.log2(n + 1);
      const found = c.programs.map(([text, bits, share]) => [
        text, decay * (bits + empty), c.beta * n * share]);
      found.push(["table", decay * (empty + n * Math.log2(c.k)), 0]);
      found.push(["neither", decay * empty, (c.beta * n * (c.k - 1)) / c.k]);
      return found;
    }
    const label = Math.log2(c.outside ? c.k : c.k - 1);
    const found = c.programs.map(([text, bits, share]) => {
      const e = n * ((1 - q) * share + (q * (c.k - 1)) / c.k);
      return [text, decay * bits, 1 + Math.log2(n + 1) + choose(n, e) + e * label];
    });
    found.push(["table", decay * (tableBits(c, n, q) - 2), 2]);
    if (c.constant !== null) {
      const [bits, share] = c.constant;
      const e = n * ((1 - q) * share + (q * (c.k - 1)) / c.k);
      const most = n - Math.ceil(n / c.k);
      found.push(["constant", decay * bits,
        1 + Math.log2(most + 1) + choose(n, e) + e * Math.log2(c.k - 1)]);
    }
    return found;
  }

  const total = (h) => h[1] + h[2];
  const bits = (v) => Math.abs(v) < 9999.5
    ? v.toLocaleString("en", { minimumFractionDigits: 1, maximumFractionDigits: 1 })
    : v.toLocaleString("en", { maximumFractionDigits: 0 });

  function winner(found) {
    const least = Math.min(...found.map(total));
    return found.findIndex((h) => total(h) <= least + SAME);
  }

  function verdict(found, c) {
    const won = winner(found), table = c.programs.length, h = found[won];
    const unit = c.beta === null ? "bits" : "bits of energy";
    if (won === table) {
      const best = Math.min(...found.slice(0, table).map(total));
      const other = table ? `; the best program has ${bits(best)}` : "";
      return `The table wins with ${bits(total(h))} ${unit}${other}.`;
    }
    if (won > table && c.beta !== null) return `Neither wins: guessing has ${bits(total(h))} ${unit}.`;
    return `The ${h[0]} wins with ${bits(total(h))} ${unit}; ` +
      `the table has ${bits(total(found[table]))}.`;
  }

  function make(tag, attributes, ...content) {
    const made = ["svg", "rect", "path"].includes(tag)
      ? document.createElementNS(SVG, tag) : document.createElement(tag);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...content);
    return made;
  }

  // Draws the best hypotheses and the table, at most six, as bars on one scale.
  function drawBars(list, found, c) {
    const won = winner(found), table = c.programs.length;
    const order = found.map((_, k) => k).sort((a, b) => total(found[a]) - total(found[b]));
    const shown = order.slice(0, 5);
    if (!shown.includes(table)) shown.push(table);
    const most = Math.max(...shown.map((k) => total(found[k])), 1e-9);
    list.replaceChildren(...shown.map((k) => {
      const h = found[k], bar = make("svg", {
        viewBox: "0 0 300 18", preserveAspectRatio: "none", class: "bar", role: "img",
        "aria-label": `${h[0]}: description ${bits(h[1])}, other ${bits(h[2])} bits`,
      });
      let x = 0;
      const parts = k === table ? [[total(h), "table", "all"]] : [
        [h[1], "program", "description"],
        [h[2], "exceptions", c.beta === null ? "flag and exceptions" : "errors"],
      ];
      for (const [size, kind, what] of parts) {
        const width = (300 * size) / most;
        bar.append(make("rect", {
          x, y: 0, width: Math.max(0, width), height: 18, class: `area k-${kind}`,
          "data-tip": `${h[0]}: ${what}, ${bits(size)} bits`,
        }));
        x += width;
      }
      const name = h[0];
      return make("li", k === won ? { class: "won" } : {},
        make("span", { class: "name" }, name.length > 60 ? `${name.slice(0, 59)}…` : name), bar,
        make("span", { class: "sum" }, bits(total(h))));
    }));
  }

  const decayAt = (place, low) => (place < 4 * low ? 0 : 2 ** (place / 4));

  function measuredNear(block, at) {
    const near = new Map();
    for (const m of block.measured) {
      let far = 0;
      if ("q" in m) far += Math.abs(m.q - at.q) * 3;
      if ("n" in m) far += Math.abs(Math.log(m.n / at.n));
      if ("decay" in m) far += Math.abs(Math.log2((m.decay + 0.01) / (at.decay + 0.01)));
      const key = m.case || "";
      if (!near.has(key) || far < near.get(key).far) near.set(key, { far, text: m.text });
    }
    return `Nearest measured: ${[...near.values()].map((m) => m.text).join(";  ")}.`;
  }

  const blocks = JSON.parse(document.getElementById("blocks").textContent);
  for (const part of document.querySelectorAll("[data-block]")) {
    const block = blocks[part.dataset.block];
    const sliders = [...part.querySelectorAll("input[type=range]")];
    const start = (slider) => +slider.dataset.start;

    function value(slider) {
      if (slider.moved !== true) return start(slider);
      return slider.dataset.key === "decay" ? decayAt(+slider.value, block.low) : +slider.value;
    }

    function text(slider, v) {
      if (slider.dataset.key === "q") return v.toFixed(2);
      if (slider.dataset.key === "decay") return String(+v.toPrecision(3));
      const every = block.rows[1], rows = (k) => k.toLocaleString("en");
      if (!block.fraction) return rows(v);
      return `${(v / every).toFixed(3)} (${rows(v)} of ${rows(every)} rows)`;
    }

    function update() {
      const at = { q: 0, n: null, decay: 1 };
      for (const slider of sliders) {
        const v = value(slider);
        at[slider.dataset.key] = v;
        slider.nextElementSibling.textContent = text(slider, v);
        slider.setAttribute("aria-valuetext", text(slider, v));
      }
      block.cases.forEach((c, k) => {
        const found = weigh(c, at.q, at.n === null ? c.n : at.n, at.decay);
        part.querySelectorAll(".wins")[k].textContent = verdict(found, c);
        drawBars(part.querySelectorAll("ul[data-case]")[k], found, c);
      });
      const line = part.querySelector(".measured");
      if (line) line.textContent = measuredNear(block, at);
    }

    for (const slider of sliders) {
      slider.addEventListener("input", () => { slider.moved = true; update(); });
    }
    part.querySelector(".reset").addEventListener("click", () => {
      for (const slider of sliders) { slider.moved = false; slider.value = slider.defaultValue; }
      update();
    });
    update();
  }

  return { bits, choose, drawBars, hide, make };
})();
