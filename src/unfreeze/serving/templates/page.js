// Asks the server that this page came from, and shows what it says. Texts are put in as text, never as HTML.
"use strict";
const model = JSON.parse(document.getElementById("model").textContent), words = model.words;
const at = (id) => document.getElementById(id);
const SHOWN = 6;

function made(tag, name, text) {
  const element = document.createElement(tag);
  if (name) element.className = name;
  if (text !== undefined) element.textContent = text;
  return element;
}

function filled(name, values) {
  return words[name].replace(/\{(\w+)\}/g, (all, key) => values[key]);
}

function percent(p) {
  return p > 0.9995 && p < 1 ? "> 99.9 %" : p < 0.0005 && p > 0 ? "< 0.1 %" : `${(100 * p).toFixed(1)} %`;
}

function inputs() {
  const first = at("first").value;
  if (model.kind === "pairs") {
    const pair = { [model.fields[0]]: first, [model.fields[1]]: at("second").value };
    return first.trim() && pair[model.fields[1]].trim() ? [pair] : [];
  }
  const texts = at("lines").checked ? first.split("\n") : [first];
  return texts.filter((text) => text.trim());
}

function request() {
  const asked = { inputs: inputs() };
  if (model.output === "tags" && model.scheme === null) asked.parameters = { ignore_labels: [] };
  return asked;
}

function bars(found) {
  const box = made("div", "bars");
  for (const [place, { label, score, predicted }] of found.entries()) {
    const said = predicted === undefined ? place === 0 : predicted;
    const name = made("span", said ? "name said" : "name", said && model.many ? `✓ ${label}` : label);
    const track = made("span", "track"), fill = made("div", "fill");
    fill.style.width = `${100 * score}%`;
    track.append(fill);
    box.append(name, track, made("span", said ? "value said" : "value", percent(score)));
  }
  return box;
}

function labels(found) {
  const out = [];
  if (model.many && !found.some((one) => one.predicted)) out.push(made("p", "note", words.no_label));
  const shown = found.filter((one, place) => place < SHOWN || one.predicted), rest = found.slice(shown.length);
  out.push(bars(shown));
  if (rest.length) {
    const more = made("details");
    more.append(made("summary", "", filled("more", { count: rest.length })), bars(rest));
    out.push(more);
  }
  return out;
}

function score(found) {
  const value = found[0].score, box = made("div", "score");
  box.append(made("strong", "", Number(value.toPrecision(3)).toString()));
  if (model.low !== null && model.high > model.low) {
    const scale = made("div", "scale"), track = made("div", "track"), point = made("div", "point"), ends = made("div", "ends");
    const share = (value - model.low) / (model.high - model.low);
    point.style.left = `${100 * Math.min(1, Math.max(0, share))}%`;
    track.append(point);
    ends.append(made("span", "", String(model.low)), made("span", "", String(model.high)));
    scale.title = filled("range", { low: model.low, high: model.high });
    scale.append(track, ends);
    box.append(scale);
  }
  return [box];
}

function kinds() {
  const named = model.labels.map((tag) => (model.scheme === null ? tag : tag.replace(/^[BIESO]-?/, "")));
  return [...new Set(named)].filter((name) => name);
}

function tagged(text, found) {
  const box = made("p", "text tagged"), order = kinds(), letters = [...text];  // places are in code points
  let end = 0;
  for (const one of found) {
    const kind = one.entity_group ?? one.entity;
    box.append(letters.slice(end, one.start).join(""));
    const mark = made("mark", `marked hue-${Math.max(0, order.indexOf(kind)) % 8}`, letters.slice(one.start, one.end).join(""));
    mark.append(made("small", "", kind));
    box.append(mark);
    end = one.end;
  }
  box.append(letters.slice(end).join(""));
  return found.length ? [box] : [box, made("p", "note", words.no_span)];
}

function shown(asked, found, cut, ms) {
  const item = made("li");
  if (model.output === "tags") {
    item.append(...tagged(asked, found));
  } else {
    const texts = model.kind === "pairs" ? model.fields.map((name) => asked[name]) : [asked];
    item.append(...texts.map((text) => Object.assign(made("p", "text", text), { dir: "auto" })));
    item.append(...(model.output === "scores" ? score(found) : labels(found)));
  }
  if (cut) item.append(made("p", "note", filled("cut", { pieces: model.pieces })));
  item.append(made("p", "note", filled("took", { ms })));
  return item;
}

function problem(text) {
  at("problem").textContent = text;
  at("problem").hidden = !text;
}

async function ask() {
  const asked = request();
  problem("");
  if (!asked.inputs.length) return problem(words.empty);
  at("ask").disabled = true;
  const began = performance.now();
  try {
    const reply = await fetch("predict", {
      method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(asked),
    });
    const said = await reply.json(), ms = Math.max(1, Math.round(performance.now() - began));
    if (!reply.ok) return problem(said.error);
    const cut = new Set((reply.headers.get("unfreeze-cut") ?? "").split(",").filter((x) => x).map(Number));
    at("said").prepend(...asked.inputs.map((text, place) => shown(text, said[place], cut.has(place), ms)));
    at("none").hidden = true;
    at("clear").hidden = false;
  } catch (error) {
    problem(words.lost);
  } finally {
    at("ask").disabled = false;
  }
}

function curl() {
  const body = JSON.stringify(request(), null, 1).replace(/'/g, "'\\''");
  const url = new URL("predict", location.href).href;
  at("curl").textContent = `curl ${url} -H 'content-type: application/json' -d '${body}'`;
}

at("form").addEventListener("submit", (event) => { event.preventDefault(); ask(); });
at("form").addEventListener("input", curl);
at("form").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); at("form").requestSubmit(at("ask")); }
});
at("clear").addEventListener("click", () => {
  at("said").replaceChildren();
  at("none").hidden = false;
  at("clear").hidden = true;
  at("first").focus();
});
curl();
