// The phones page: who is shown, the bar that moves the clock, the live stream.

import { attempt, call, clockText, dayText, face, get, h, listTime, toast } from "./dom.js";
import { Panel } from "./panel.js";
import { Phone } from "./phone.js";

const MOST = 6;
const KEEP = "suifang-phones";
const el = (id) => document.getElementById(id);
const narrow = matchMedia("(max-width: 760px)");

const world = {
  account: "",
  menu: null,
  faults: [],
  phones: new Map(),
  chosen: null,
  active: null,
  clock: { at: Date.now(), rate: 1, from: performance.now() },
  now() {
    return new Date(this.clock.at + (performance.now() - this.clock.from) * this.clock.rate);
  },
  isSeen(openid) {
    return document.visibilityState === "visible" && shown.has(openid) && (!narrow.matches || this.active === openid);
  },
  hide(openid) {
    shown.get(openid)?.el.remove();
    shown.delete(openid);
    if (this.chosen === openid) this.select(null);
    remember();
    drawList();
  },
  select(openid) {
    this.chosen = openid;
    panel.show(openid);
    for (const one of shown.values()) one.mark();
  },
};
const shown = new Map();
const panel = new Panel(world);

// ── who is shown ──

function show(openid, focus = true) {
  if (!shown.has(openid)) {
    if (shown.size >= MOST) world.hide(quietest());
    const phone = new Phone(openid, world);
    shown.set(openid, phone);
    el("phones").append(phone.el);
    watch.observe(phone.el);
  }
  const phone = shown.get(openid);
  if (focus || !world.active) {
    world.active = openid;
    if (focus) phone.el.scrollIntoView({ inline: "center", block: "nearest" });
  }
  phone.refresh();
  remember();
  drawList();
}

function quietest() {
  const at = (openid) => world.phones.get(openid)?.last_at || "";
  return [...shown.keys()].sort((a, b) => (at(a) < at(b) ? -1 : 1))[0];
}

function remember() {
  try {
    localStorage.setItem(KEEP, JSON.stringify([...shown.keys()]));
  } catch {
    // private windows have no storage
  }
}

function remembered() {
  try {
    return JSON.parse(localStorage.getItem(KEEP) || "[]").filter((one) => world.phones.has(one));
  } catch {
    return [];
  }
}

// On a narrow screen the phone swiped into view is the active one.
const watch = new IntersectionObserver(
  (entries) => {
    for (const one of entries) {
      if (narrow.matches && one.isIntersecting && one.intersectionRatio > 0.6 && world.active !== one.target.dataset.openid) {
        world.active = one.target.dataset.openid;
        shown.get(world.active)?.refresh();
        drawTabs();
      }
    }
  },
  { root: el("phones"), threshold: [0.65] },
);

let drawing = 0;
function drawList() {
  if (!drawing) drawing = requestAnimationFrame(() => { drawing = 0; drawListNow(); });
}

function drawListNow() {
  const wanted = el("search").value.trim();
  const now = world.now();
  const people = [...world.phones.values()].filter((one) => !wanted || one.name.includes(wanted));
  people.sort((a, b) => (a.last_at || "") < (b.last_at || "") ? 1 : (a.last_at || "") > (b.last_at || "") ? -1 : 0);
  el("list").replaceChildren(
    ...people.map((one) => {
      const on = shown.has(one.openid);
      const state = one.follows ? (one.last_text || "已关注") : "未关注";
      return h(
        "li",
        {},
        h(
          "button",
          { class: on ? "person on" : "person", "data-openid": one.openid, "aria-pressed": String(on), onclick: () => { show(one.openid); document.body.classList.remove("list-open"); } },
          h("span", { class: "face-box" }, face(one.name), one.unread ? h("span", { class: "badge" }, one.unread > 99 ? "99+" : String(one.unread)) : null),
          h("span", { class: "person-text" }, h("b", {}, one.name), h("small", {}, state)),
          h("time", {}, one.last_at ? listTime(new Date(one.last_at), now) : ""),
        ),
      );
    }),
  );
  drawTabs();
}

function drawTabs() {
  const total = [...world.phones.values()].reduce((sum, one) => sum + (shown.has(one.openid) ? 0 : one.unread), 0);
  el("tabs").replaceChildren(
    h("button", { class: "tab all", onclick: () => document.body.classList.toggle("list-open") }, "全部", total ? h("span", { class: "badge" }, total > 99 ? "99+" : String(total)) : null),
    ...[...shown.keys()].map((openid) => {
      const one = world.phones.get(openid);
      const on = openid === world.active;
      return h("button", { class: on ? "tab on" : "tab", "aria-current": on ? "true" : null, onclick: () => { document.body.classList.remove("list-open"); show(openid); } }, one.name, one.unread && !on ? h("span", { class: "badge" }, String(one.unread)) : null);
    }),
  );
  el("tabs").querySelector(".tab.on")?.scrollIntoView({ inline: "nearest", block: "nearest" });
}

// ── the clock ──

function setClock({ now, rate }) {
  world.clock = { at: Date.parse(now), rate, from: performance.now() };
  el("fast").setAttribute("aria-pressed", String(rate === 60));
  el("pause").setAttribute("aria-pressed", String(rate === 0));
  el("pause").textContent = rate === 0 ? "继续" : "暂停";
  el("rate").hidden = rate === 1;
  el("rate").textContent = rate === 0 ? "已暂停" : `${rate}×`;
  tick();
}

function tick() {
  const now = world.now();
  if (el("date").textContent !== dayText(now)) {
    el("date").textContent = dayText(now);
    for (const one of shown.values()) one.retime();
    drawList();
  }
  el("time").textContent = clockText(now);
}

setInterval(() => {
  tick();
  for (const one of shown.values()) one.mark();
  panel.draw();
}, 500);

setInterval(() => panel.load(), 2000);

const move = (body) => attempt(async () => {
  const told = await call("/sim/clock", body);
  setClock(told);
  if (!told.moved) toast("没有等着的联系");
});

el("next").addEventListener("click", async () => {
  el("next").disabled = true;
  await move({ next: true });
  el("next").disabled = false;
});
for (const one of document.querySelectorAll("[data-advance]")) one.addEventListener("click", () => move({ advance: Number(one.dataset.advance) }));
el("fast").addEventListener("click", () => move({ rate: world.clock.rate === 60 ? 1 : 60 }));
el("pause").addEventListener("click", () => move({ rate: world.clock.rate === 0 ? 1 : 0 }));
el("toggle-list").addEventListener("click", () => document.body.classList.toggle("list-shut"));
document.querySelector(".stage").addEventListener("click", (event) => {
  if (!event.target.closest(".people")) document.body.classList.remove("list-open");
});
el("search").addEventListener("input", drawList);
el("add").addEventListener("click", async () => {
  const told = await attempt(() => call("/sim/phones", { name: `手机${world.phones.size + 1}` }));
  if (told) {
    world.phones.set(told.phones[0].openid, told.phones[0]);
    show(told.phones[0].openid);
  }
});
document.addEventListener("visibilitychange", () => { for (const one of shown.values()) one.refresh(); });

// ── the stream ──

async function load() {
  const state = await get("/sim/state");
  world.account = state.account;
  world.menu = state.menu;
  world.faults = state.faults;
  world.phones = new Map(state.phones.map((one) => [one.openid, one]));
  document.title = `手机 · ${state.account}`;
  el("next").hidden = !state.can_find_next;
  setClock(state.clock);
  for (const one of shown.values()) one.setMenu();
}

function changed(news) {
  setClock(news.clock);
  for (const one of news.phones) {
    const known = world.phones.get(one.openid);
    world.phones.set(one.openid, one);
    if (shown.has(one.openid)) shown.get(one.openid).refresh();
    else if (el("auto").checked && one.last_id > (known?.last_id || 0)) show(one.openid, false);
  }
  if (news.other) load().then(() => panel.drawFaults());
  drawList();
  panel.draw();
  panel.load();
}

function listen() {
  const stream = new EventSource("/sim/stream");
  stream.addEventListener("open", async () => {
    el("lost").hidden = true;
    await attempt(load);
    for (const one of shown.values()) one.refresh();
    drawList();
  });
  stream.addEventListener("change", (event) => changed(JSON.parse(event.data)));
  stream.addEventListener("error", () => (el("lost").hidden = false));
}

await attempt(load);
const room = narrow.matches ? MOST : Math.max(1, Math.min(MOST, Math.floor((innerWidth - (world.phones.size > 3 ? 220 : 0)) / 271)));
document.body.classList.toggle("list-shut", world.phones.size <= room && !narrow.matches);
const first = remembered();
for (const openid of (first.length ? first : [...world.phones.keys()]).slice(0, first.length ? MOST : room)) show(openid, false);
if (world.phones.size === 0) document.body.classList.remove("list-shut");
drawList();
listen();
document.body.dataset.ready = "true";
