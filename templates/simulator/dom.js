// Small helpers: elements without markup strings, calls to the control API, Chinese dates.

export function h(tag, props = {}, ...children) {
  const el = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) el.addEventListener(name.slice(2), value);
    else if (name === "class") el.className = value;
    else if (name in el && typeof value === "boolean") el[name] = value;
    else el.setAttribute(name, value);
  }
  el.append(...children.flat().filter((one) => one !== null && one !== undefined && one !== false));
  return el;
}

export async function call(path, body, method = "POST") {
  const answer = await fetch(path, {
    method,
    headers: body === undefined ? {} : { "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (!answer.ok) throw new Error((await answer.text()) || `HTTP ${answer.status}`);
  return answer.json();
}

export const get = (path) => call(path, undefined, "GET");

let hide = 0;
export function toast(text) {
  const el = document.getElementById("toast");
  el.textContent = text;
  el.hidden = false;
  clearTimeout(hide);
  hide = setTimeout(() => (el.hidden = true), 2600);
}

export async function attempt(work) {
  try {
    return await work();
  } catch (error) {
    toast(error.message);
    return null;
  }
}

const ZONE = "Asia/Shanghai";
const parts = new Intl.DateTimeFormat("zh-CN", {
  timeZone: ZONE, year: "numeric", month: "numeric", day: "numeric", weekday: "long",
  hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
});

export function split(at) {
  return Object.fromEntries(parts.formatToParts(at).map((one) => [one.type, one.value]));
}

export function dayText(at) {
  const p = split(at);
  return `${p.year}年${p.month}月${p.day}日 ${p.weekday}`;
}

export function clockText(at) {
  const p = split(at);
  return `${p.hour}:${p.minute}:${p.second}`;
}

const dayNumber = (at) => Math.floor((at.getTime() + 8 * 3600e3) / 86400e3);

// As WeChat writes the time above a bubble, seen from `now`.
export function chatTime(at, now) {
  const p = split(at);
  const back = dayNumber(now) - dayNumber(at);
  const time = `${p.hour}:${p.minute}`;
  if (back === 0) return time;
  if (back === 1) return `昨天 ${time}`;
  if (back > 1 && back < 7) return `${p.weekday} ${time}`;
  return `${p.month}月${p.day}日 ${time}`;
}

export function listTime(at, now) {
  const p = split(at);
  const back = dayNumber(now) - dayNumber(at);
  if (back === 0) return `${p.hour}:${p.minute}`;
  return back === 1 ? "昨天" : `${p.month}/${p.day}`;
}

export function leftText(ms) {
  const minutes = Math.floor(ms / 60000);
  if (minutes >= 60) return `还剩 ${Math.floor(minutes / 60)} 小时 ${minutes % 60} 分`;
  return minutes >= 1 ? `还剩 ${minutes} 分钟` : `还剩 ${Math.max(0, Math.ceil(ms / 1000))} 秒`;
}

export function tint(text) {
  let sum = 0;
  for (const letter of text) sum = (sum * 31 + letter.codePointAt(0)) % 997;
  return `tint${sum % 6}`;
}

export function face(name, extra = "") {
  return h("span", { class: `face ${tint(name)} ${extra}`, "aria-hidden": "true" }, [...name].slice(-1)[0] || "·");
}

const SVG = "http://www.w3.org/2000/svg";
export function icon(name) {
  const el = document.createElementNS(SVG, "svg");
  el.setAttribute("class", "icon");
  el.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `/sim/static/icons.svg#${name}`);
  el.append(use);
  return el;
}
