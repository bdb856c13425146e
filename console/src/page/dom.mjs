// Small helpers to build elements. Text is always text: nothing that comes from the log is ever read as HTML.

const SVG = "http://www.w3.org/2000/svg";

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "on") for (const [event, handler] of Object.entries(value)) element.addEventListener(event, handler);
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

export const html = (name, attributes = {}, ...children) => fill(document.createElement(name), attributes, children);
export const svg = (name, attributes = {}, ...children) => fill(document.createElementNS(SVG, name), attributes, children);
export const byId = (id) => document.getElementById(id);

// Puts other children into an element. Whoever stands on a button in it by keyboard stays there.
export function refill(element, ...children) {
  const focused = document.activeElement?.id;
  element.replaceChildren(...children);
  if (focused && focused !== document.activeElement?.id) byId(focused)?.focus({ preventScroll: true });
}

// A minute in a line of this size; the tallest value reaches the top.
export function sparkline(values, width, height, label) {
  const most = Math.max(...values, 0.001);
  const step = values.length > 1 ? width / (values.length - 1) : width;
  const points = values.map((value, place) => `${(place * step).toFixed(1)},${(height - 1 - (value / most) * (height - 2)).toFixed(1)}`);
  return svg("svg", { class: "spark", width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label },
    svg("polyline", { points: points.join(" ") }));
}

// A file that the browser saves.
export function save(name, content) {
  const link = html("a", { href: URL.createObjectURL(content), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
