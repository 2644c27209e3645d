// The explorable: what three learners say of any labels of a small table, and a film of grokking.
const explorable = (() => {
  const { bits, choose, drawBars, hide, make } = page;
  const given = JSON.parse(document.getElementById("blocks").textContent);
  const part = (id) => document.getElementById(id);
  const SAME = 1e-9;

  // ---- the exact table
  function unpack(text, Kind) {
    return new Kind(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
  }

  const tables = {};
  for (const [variables, packed] of Object.entries(given.tables)) {
    const table = {
      ...packed, heads: unpack(packed.heads, Uint8Array), left: unpack(packed.left, Uint16Array),
      right: unpack(packed.right, Uint16Array), masses: unpack(packed.masses, Float64Array),
    };
    table.mass = table.masses.reduce((sum, mass) => sum + mass, 0);
    const units = new Uint32Array(table.heads.length);
    const price = (f) => {
      if (!units[f]) {
        const [, arity, own] = table.productions[table.heads[f]];
        units[f] = own + (arity > 0 ? price(table.left[f]) : 0)
          + (arity > 1 ? price(table.right[f]) : 0);
      }
      return units[f];
    };
    table.bits = Float64Array.from(table.heads, (_, f) => price(f) / 1024);
    tables[variables] = table;
  }

  const COUNT = new Uint8Array(1 << 16);  // how many bits of a number are 1
  for (let k = 1; k < COUNT.length; k++) COUNT[k] = COUNT[k >> 1] + (k & 1);

  // How tightly a node binds, as in the library's notation.
  const BINDING = { "|": 2, "^": 3, "&": 4, "~": 9 }, ATOM = 11;

  function written(table, f) {
    const node = (g) => {
      const [symbol, arity] = table.productions[table.heads[g]];
      if (!arity) return [symbol, ATOM];
      const binding = BINDING[symbol];
      const within = ([text, own], least) => (own >= least ? text : `(${text})`);
      if (arity === 1) return [symbol + within(node(table.left[g]), binding), binding];
      const [left, right] = [node(table.left[g]), node(table.right[g])];
      return [`${within(left, binding)} ${symbol} ${within(right, binding + 1)}`, binding];
    };
    return node(f)[0];
  }

  // A tied program in words: what it always says, or its text, or its opposite's.
  function inWords(table, { f, inverted, says }) {
    if (says === 0 || says === table.bits.length - 1) return `always ${says && 1}`;
    const text = written(table, f);
    if (!inverted) return text;
    return /^~(\w+|\([^()]*\))$/.test(text) ? text.slice(1) : `not [${text}]`;
  }

  const tableBits = (n, ones) => 2 + Math.min(n, Math.log2(n + 1) + choose(n, ones));

  // What the learners say, given the labels and the training rows as bits of two numbers.
  function answer(variables, labels, seen) {
    const table = tables[variables], rows = 1 << variables, n = COUNT[seen];
    const code = Array.from({ length: n + 1 }, (_, e) => 1 + Math.log2(n + 1) + choose(n, e));
    let least = Infinity, shortest = -1, mass = 0, agreeing = 0;
    const ones = new Float64Array(rows), all = table.bits.length;
    for (let f = 0; f < all; f++) {
      const e = COUNT[(f ^ labels) & seen];
      least = Math.min(least, table.bits[f] + code[e]);
      if (e) continue;
      if (shortest < 0 || table.bits[f] < table.bits[shortest]) shortest = f;
      mass += table.masses[f];
      agreeing++;
      for (let row = 0; row < rows; row++) if (f >> row & 1) ones[row] += table.masses[f];
    }
    // With more exceptions than right rows, a program counts as its opposite.
    const tied = [];
    for (let f = 0; f < all; f++) {
      const e = COUNT[(f ^ labels) & seen], inverted = 2 * e > n;
      if (table.bits[f] + code[e] > least + SAME) continue;
      tied.push({ f, inverted, exceptions: inverted ? n - e : e,
        says: inverted ? all - 1 - f : f });
    }
    tied.sort((a, b) => table.bits[a.f] - table.bits[b.f] || a.inverted - b.inverted);
    // The largest distance from ½ of a chance that is exactly ½.
    const error = ((agreeing * table.margin) / mass + (agreeing + 3) * Number.EPSILON) / 2;
    const chances = Array.from(ones, (sum) => {
      const chance = Math.min(1, sum / mass);
      return Math.abs(chance - 0.5) <= error ? 0.5 : chance;
    });
    const [first] = tied, right = COUNT[labels & seen];
    const said = Array.from(ones, (_, row) =>
      tied.reduce((sum, { says }) => sum + (says >> row & 1), 0) / tied.length);
    return {
      n, chances, evidence: Math.log2(table.mass) - Math.log2(mass), table: tableBits(n, right),
      majority: 2 * right > n ? 1 : 0,
      shortest: { text: written(table, shortest), bits: table.bits[shortest] },
      best: { text: inWords(table, first), bits: table.bits[first.f],
        exceptions: first.exceptions, total: least, ties: tied.length, said },
      whole: { text: written(table, labels), bits: table.bits[labels],
        surprise: -Math.log2(table.masses[labels]) },
    };
  }

  // ---- the state: all labels, the training rows, and swaps
  const state = { variables: "4", labels: 0, seen: 0, swaps: 0, pairs: [], seed: 1 };
  const rowsNow = () => 1 << state.variables;

  // A generator of random numbers below `most` (mulberry32), so that the page repeats itself.
  function dice(seed) {
    let a = seed * 0x9e3779b9;
    return (most) => {
      a = (a + 0x6d2b79f5) | 0;
      let t = Math.imul(a ^ (a >>> 15), 1 | a);
      t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
      return ((t ^ (t >>> 14)) >>> 0) % most;
    };
  }

  function drawSeen(count) {
    const roll = dice(++state.seed), order = [...Array(rowsNow()).keys()];
    for (let k = order.length - 1; k > 0; k--) {
      const j = roll(k + 1);
      [order[k], order[j]] = [order[j], order[k]];
    }
    state.seen = order.slice(0, count).reduce((sum, row) => sum | (1 << row), 0);
  }

  const swap = (labels, [a, b]) =>
    ((labels >> a ^ labels >> b) & 1 ? labels ^ (1 << a) ^ (1 << b) : labels);
  const labelsAfter = (count) => state.pairs.slice(0, count).reduce(swap, state.labels);

  // Draws the swaps: each is of two training rows with different labels, if there are any.
  function drawSwaps() {
    const roll = dice(state.seed + 100);
    let labels = state.labels;
    state.pairs = [];
    for (let k = 0; k < +part("swaps").max; k++) {
      const kinds = [[], []];
      for (let row = 0; row < rowsNow(); row++) {
        if (state.seen >> row & 1) kinds[labels >> row & 1].push(row);
      }
      if (!kinds[0].length || !kinds[1].length) break;
      state.pairs.push(kinds.map((rows) => rows[roll(rows.length)]));
      labels = swap(labels, state.pairs[k]);
    }
  }

  // ---- the rows
  const inputsOf = (row) => Array.from({ length: +state.variables }, (_, v) => row >> v & 1);

  function buildRows() {
    const heads = [...inputsOf(0).map((_, v) => `x${v}`), "label", "train", "program", "table",
      "mixture"];
    const head = make("tr", {}, ...heads.map((name) => make("th", { scope: "col" }, name)));
    const body = Array.from({ length: rowsNow() }, (_, row) => {
      const name = `row ${inputsOf(row).map((v, k) => `x${k}=${v}`).join(" ")}`;
      const button = make("button", { type: "button", "data-row": row, "data-name": name });
      button.addEventListener("click", () => {
        setLabels(labelsAfter(state.swaps) ^ (1 << row));
      });
      const tick = make("input", { type: "checkbox", id: `seen-${row}`, autocomplete: "off" });
      tick.addEventListener("change", () => {
        state.labels = labelsAfter(state.swaps);
        state.seen ^= 1 << row;
        restart();
      });
      const label = make("label", { for: tick.id, class: "off" }, `Train on ${name}`);
      return make("tr", {}, ...inputsOf(row).map((v) => make("td", {}, String(v))),
        make("td", {}, button), make("td", {}, tick, label), make("td", {}), make("td", {}),
        make("td", {}));
    });
    const caption = part("rows").caption;
    part("rows").replaceChildren(caption, make("thead", {}, head), make("tbody", {}, ...body));
  }

  function setLabels(labels) {
    state.labels = labels;
    restart();
  }

  // After a change of labels or training rows: new swaps, none of them made.
  function restart() {
    state.swaps = 0;
    drawSwaps();
    part("swaps").value = 0;
    update();
  }

  // ---- what is shown
  const share = (value) => (value === 0 || value === 1 ? String(value) : value.toFixed(2));
  const rounded = (value) => (value > 0.5 ? 1 : value < 0.5 ? 0 : 0.5);
  const plural = (count, noun) => `${count} ${noun}${count === 1 ? "" : "s"}`;

  // How many unseen rows each learner gets right; an even chance counts one half.
  function rights(found, labels) {
    const sums = { unseen: 0, program: 0, table: 0, mixture: 0 };
    for (let row = 0; row < rowsNow(); row++) {
      if (state.seen >> row & 1) continue;
      const label = labels >> row & 1;
      sums.unseen++;
      sums.program += 1 - Math.abs(found.best.said[row] - label);
      sums.table += found.majority === label ? 1 : 0;
      sums.mixture += 1 - Math.abs(rounded(found.chances[row]) - label);
    }
    return sums;
  }

  function showRows(found, labels) {
    [...part("rows").tBodies[0].rows].forEach((line, row) => {
      const seen = state.seen >> row & 1, label = labels >> row & 1;
      const cells = [...line.cells].slice(-5), button = cells[0].firstChild;
      line.className = [seen ? "" : "unseen",
        (labels ^ state.labels) >> row & 1 ? "swapped" : ""].join(" ").trim();
      button.textContent = label;
      button.setAttribute("aria-pressed", label === 1);
      button.setAttribute("aria-label", `Label of ${button.dataset.name}: ${label}`);
      cells[1].firstChild.checked = Boolean(seen);
      const said = [found.best.said[row], found.majority, found.chances[row]];
      said.forEach((value, k) => {
        const cell = cells[2 + k], guess = seen && k === 1 ? label : rounded(value);
        cell.textContent = k === 1 ? guess : share(value);
        cell.className = guess === 0.5 || (seen && guess === label) ? ""
          : guess === label ? "good" : "bad";
      });
    });
  }

  function sentence(found, labels) {
    const wins = found.best.total <= found.table + SAME ? "program" : "table";
    const [less, more] = [found.best.total, found.table].sort((a, b) => a - b);
    const text = wins === "program"
      ? `The program ${found.best.text} wins with ${bits(less)} bits; the table has ${bits(more)}.`
      : `The table wins with ${bits(less)} bits; the best program has ${bits(more)}.`;
    const right = rights(found, labels), each = (key) => +right[key].toFixed(1);
    if (!right.unseen) return `${text} No row is unseen.`;
    return `${text} Right on the ${plural(right.unseen, "unseen row")}: program ` +
      `${each("program")}, table ${each("table")}, mixture ${each("mixture")}.`;
  }

  function showAnswer(found, labels) {
    const text = sentence(found, labels);
    part("verdict").textContent = text;
    const swaps = part("swaps").value;
    part("swapped").textContent = state.pairs.length
      ? `After ${plural(+swaps, "swap")}: ${text}`
      : "All training labels are equal, so a swap would change nothing.";
    const hypotheses = [[`${found.best.text}, ${plural(found.best.exceptions, "exception")}`,
      found.best.bits, found.best.total - found.best.bits]];
    if (found.best.exceptions) {
      hypotheses.push([`${found.shortest.text}, 0 exceptions`, found.shortest.bits,
        1 + Math.log2(found.n + 1)]);
    }
    hypotheses.push(["table", found.table - 2, 2]);
    drawBars(part("bars"), hypotheses,
      { beta: null, programs: { length: hypotheses.length - 1 } });
    const { best, shortest, whole } = found, labelled = plural(found.n, "label");
    const facts = [
      ["Shortest program that is right on all training rows", shortest.text,
        `${bits(shortest.bits)} bits`],
      ["Best program with exceptions", best.text,
        `${bits(best.total)} bits in all, ${plural(best.exceptions, "exception")}` + (best.ties > 1
          ? `; ${best.ties} programs tie, and the rows show the mean of what they say` : "")],
      ["Look-up table", "", `${bits(found.table)} bits for ${labelled}`],
      ["Bayes mixture", "", `${bits(found.evidence)} bits for ${labelled}`],
      ["Shortest program of all labels, seen or not", whole.text,
        `K = ${bits(whole.bits)} bits; the probability P of all its programs is ` +
        `2 to the power of −${bits(whole.surprise)}`],
    ];
    part("facts").tBodies[0].replaceChildren(...facts.map(([name, text, value]) => make("tr", {},
      make("th", { scope: "row" }, name),
      make("td", {}, ...(text ? [make("code", {}, text), ": "] : []), value))));
  }

  // ---- charts: the box of a chart in its own units, and a line at one place
  function boxOf(chart) {
    const box = chart.querySelector("clipPath rect");
    return [box.width.baseVal.value - 8, box.height.baseVal.value - 8];
  }

  function cursor(chart, place) {
    const [wide, high] = boxOf(chart);
    chart.cursor = chart.cursor || chart.querySelector("g").appendChild(
      make("path", { class: "cursor" }));
    chart.cursor.setAttribute("d", `M${(place * wide).toFixed(1)},0V${high}`);
  }

  function showSwaps(chart, courses) {
    const [wide, high] = boxOf(chart), [most, top] = [+part("swaps").dataset.most, 30];
    for (const path of chart.querySelectorAll("path[data-name]")) {
      const values = courses[path.dataset.name];
      const places = values.map((v, k) =>
        `${((k / most) * wide).toFixed(1)},${(high * (1 - v / top)).toFixed(1)}`);
      path.setAttribute("d", `M${places.join("L")}`);
      path.dataset.x = values.map((_, k) => k).join("\n");
      path.dataset.y = values.map(bits).join("\n");
    }
    chart.series = null;
    hide();
  }

  // Answers that were given already, by their number of swaps; emptied when anything changes.
  let answers = [];

  function update(changed = true) {
    const now = () => labelsAfter(state.swaps), chart = part("swaps-chart").querySelector("svg");
    if (changed) {
      answers = Array.from({ length: state.pairs.length + 1 }, (_, k) =>
        answer(state.variables, labelsAfter(k), state.seen));
      showSwaps(chart, {
        program: answers.map((a) => a.best.total), table: answers.map((a) => a.table),
        mixture: answers.map((a) => a.evidence),
      });
    }
    const found = answers[state.swaps], count = COUNT[state.seen], rule = part("rule");
    const slider = part("swaps");
    slider.disabled = !state.pairs.length;
    slider.nextElementSibling.textContent = state.swaps;
    slider.setAttribute("aria-valuetext", plural(state.swaps, "swap"));
    cursor(chart, state.swaps / slider.dataset.most);
    part("count").value = count;
    part("count").nextElementSibling.textContent = count;
    part("count").setAttribute("aria-valuetext", plural(count, "training row"));
    const names = tables[state.variables].names;
    rule.value = Object.keys(names).find((name) => names[name] === now()) || "";
    showRows(found, now());
    showAnswer(found, now());
  }

  // Fills the choice of rules and keeps the rows' number; labels are those of a named rule.
  function begin(variables, name, count) {
    state.variables = variables;
    const names = tables[variables].names;
    part("rule").replaceChildren(make("option", { value: "" }, "labels of your own"),
      ...Object.keys(names).map((each) => make("option", { value: each }, each)));
    part("count").max = rowsNow();
    state.labels = names[name];
    drawSeen(count);
    buildRows();
    restart();
  }

  part("inputs").addEventListener("change", (event) => {
    const variables = event.target.value;
    begin(variables, "parity 2", variables === "4" ? 13 : 6);
  });
  part("rule").addEventListener("change", (event) => {
    const number = tables[state.variables].names[event.target.value];
    setLabels(number === undefined ? labelsAfter(state.swaps) : number);
  });
  part("random").addEventListener("click", () => setLabels(dice(++state.seed)(2 ** rowsNow())));
  part("others").addEventListener("click", () => {
    state.labels = labelsAfter(state.swaps);
    drawSeen(COUNT[state.seen]);
    restart();
  });
  part("count").addEventListener("input", (event) => {
    state.labels = labelsAfter(state.swaps);
    drawSeen(+event.target.value);
    restart();
  });
  part("swaps").addEventListener("input", (event) => {
    state.swaps = Math.min(+event.target.value, state.pairs.length);
    update(false);
  });
  part("order").addEventListener("click", () => { state.seed++; restart(); });

  // ---- the film
  const { film } = given, [up, across] = film.shape, cells = up * across;
  const pictures = unpack(film.pictures, Uint8Array), frames = film.measures.length;
  const percent = (v) => `${Math.round(100 * v)}\u00a0%`;
  let timer = null;

  function showFrame(frame) {
    const m = film.measures[frame], drawn = ["", "", "", "", ""];
    for (let cell = 0; cell < cells; cell++) {
      const y = up - 1 - Math.floor(cell / across);
      drawn[pictures[frame * cells + cell]] += `M${cell % across},${y}h1v1h-1z`;
    }
    [...part("picture").children].forEach((path, kind) => path.setAttribute("d", drawn[kind]));
    const found = film.found !== null && m.step >= film.found;
    const phase = found ? `The program ${film.program} is found` : m.train_accuracy < 0.99
      ? "It memorises" : "It has memorised and waits";
    const text = `Step ${m.step.toLocaleString("en")}. ${phase}: ${m.memorised} rows memorised, ` +
      `${percent(m.train_accuracy)} of the training rows and ${percent(m.test_accuracy)} of the ` +
      "unseen rows right.";
    part("moment").textContent = text;
    part("frame").value = frame;
    part("frame").setAttribute("aria-valuetext", text);
    part("frame").nextElementSibling.textContent = m.step.toLocaleString("en");
    cursor(part("film-chart").querySelector("svg"), frame / (frames - 1));
  }

  function pause() {
    clearInterval(timer);
    timer = null;
    part("play").textContent = "Play";
    part("moment").setAttribute("aria-live", "polite");
  }

  part("play").addEventListener("click", () => {
    if (timer !== null) { pause(); return; }
    if (+part("frame").value >= frames - 1) part("frame").value = 0;
    part("play").textContent = "Pause";
    part("moment").setAttribute("aria-live", "off");  // not a sentence for every picture
    timer = setInterval(() => {
      showFrame(+part("frame").value + 1);
      if (+part("frame").value >= frames - 1) pause();
    }, 80);
  });
  part("frame").addEventListener("input", (event) => { pause(); showFrame(+event.target.value); });

  part("swaps").dataset.most = part("swaps").max;
  begin("4", "parity 2", 13);
  part("inputs").value = "4";
  showFrame(0);
  return { answer, state, setLabels };
})();
