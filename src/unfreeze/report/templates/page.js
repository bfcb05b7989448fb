// Draws every chart from the spec beside it. Neutral colours are CSS variables, so light, dark and paper need no redrawing.
const ink = "var(--ink)", quiet = "var(--quiet)";
const config = {
  background: "transparent",
  font: getComputedStyle(document.body).fontFamily,
  view: { stroke: null },
  axis: { labelColor: quiet, titleColor: quiet, gridColor: "var(--grid)", domainColor: "var(--band)", tickColor: "var(--band)",
    labelFontSize: 12, titleFontSize: 12, titleFontWeight: 500, labelFontWeight: 400, titlePadding: 8 },
  legend: { labelColor: ink, labelFontSize: 12, symbolSize: 90 },
  style: {
    ink: { stroke: ink, color: ink },
    quiet: { stroke: quiet, color: quiet },
    dot: { fill: quiet, stroke: quiet, color: quiet },
    "dark-dot": { fill: ink, stroke: ink, color: ink },
    band: { fill: "var(--band)", color: "var(--band)", opacity: 0.5 },
    note: { fill: quiet, color: quiet, fontSize: 11 },
    figure: { fill: ink, color: ink, fontSize: 12 },
    row: { fill: ink, color: ink, fontSize: 12 },
  },
};
const options = { ast: true, renderer: "svg", actions: false, config, tooltip: { disableDefaultStyle: true } };
const charts = [...document.querySelectorAll(".chart")].map((place) => {
  const spec = JSON.parse(document.getElementById(place.dataset.spec).textContent);
  return vegaEmbed(place, spec, options);
});
Promise.all(charts).then(
  () => { document.documentElement.dataset.drawn = charts.length; },
  (error) => { console.error(error); },
);
