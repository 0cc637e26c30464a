// The side panel of the chosen phone: window, count, switches, faults, raw traffic.

import { attempt, call, chatTime, get, h, leftText } from "./dom.js";

const KINDS = [
  ["busy", "系统繁忙 -1"],
  ["bad_token", "令牌无效 40001"],
  ["quota", "当日限额 45009"],
  ["slow", "变慢（3 秒）"],
  ["cut", "断开连接"],
  ["duplicate", "推送两次"],
  ["out_of_order", "推送乱序"],
];
const PATHS = [
  ["*", "所有接口"],
  ["/cgi-bin/message/custom/send", "客服消息"],
  ["/cgi-bin/message/template/send", "模板消息"],
  ["/cgi-bin/stable_token", "取令牌"],
  ["push", "推送到机器人"],
];
const TIMES = [["1", "1 次"], ["3", "3 次"], ["", "一直"]];

export class Panel {
  constructor(world) {
    this.world = world;
    this.el = document.getElementById("panel");
    this.onlyThis = true;
    this.seen = 0;
    this.openid = null;
  }

  async show(openid) {
    this.openid = openid;
    this.el.hidden = !openid;
    if (!openid) return;
    const pick = (label, options) =>
      h("select", { "aria-label": label }, options.map(([value, text]) => h("option", { value }, text)));
    const kind = pick("故障", KINDS);
    const path = pick("哪里", PATHS);
    const times = pick("几次", TIMES);
    const done = h("input", { type: "checkbox" });
    const add = () =>
      attempt(() =>
        call("/sim/faults", {
          kind: kind.value, path: path.value, left: times.value ? Number(times.value) : null, seconds: 3, done: done.checked,
        }),
      );
    this.window = h("div", { class: "window" });
    this.switches = h("div", { class: "switches" });
    this.faults = h("ul", { class: "faults" });
    this.traffic = h("div", { class: "traffic" });
    const only = h("input", { type: "checkbox", onchange: () => { this.onlyThis = only.checked; this.reload(); } });
    only.checked = this.onlyThis;
    const summary = this.world.phones.get(openid);
    this.el.replaceChildren(
      h("div", { class: "panel-top" }, h("b", {}, summary.name), h("button", { class: "x", "aria-label": "关闭详情", onclick: () => this.world.select(null) }, "×")),
      h("code", { class: "openid" }, openid),
      h("h2", {}, "客服消息窗口"),
      this.window,
      this.switches,
      h("h2", {}, "故障"),
      h("div", { class: "fault-form" }, kind, path, times, h("button", { class: "green", onclick: add }, "打开")),
      h("label", { class: "check" }, done, " 事情照做，只是回答坏了"),
      this.faults,
      h("h2", {}, "原始往来", h("label", { class: "check" }, only, " 只看此人")),
      this.traffic,
    );
    this.drawFaults();
    this.draw();
    this.reload();
  }

  draw() {
    const one = this.openid && this.world.phones.get(this.openid);
    if (!one) return;
    const now = this.world.now();
    const until = one.window_until && new Date(one.window_until);
    const open = until && until > now;
    const dots = Array.from({ length: open ? one.quota : 0 }, (_, n) => h("i", { class: n < one.left ? "dot on" : "dot" }));
    this.window.replaceChildren(
      h("div", { class: open ? "window-state" : "window-state shut" }, open ? "开着" : one.follows ? "已关：只能发模板或订阅通知" : "未关注"),
      open ? h("div", {}, `到 ${chatTime(until, now)}，${leftText(until - now)}`) : "",
      open ? h("div", { class: "dots-row" }, dots, h("span", {}, `还能发 ${one.left} / ${one.quota} 条`)) : "",
      ...Object.entries(one.accepts).map(([id, left]) => h("div", { class: "accepts" }, `订阅 ${id}：${left < 0 ? "长期" : `${left} 次`}`)),
    );
    const flip = (name, label) => {
      const box = h("input", { type: "checkbox", onchange: () => attempt(() => call(`/sim/phones/${encodeURIComponent(this.openid)}/set`, { [name]: box.checked })) });
      box.checked = Boolean(one[name]);
      return h("label", { class: "check" }, box, ` ${label}`);
    };
    this.switches.replaceChildren(flip("refuses", "拒收消息"), flip("blacklisted", "在黑名单"), flip("snapshot", "快照页模式"));
  }

  drawFaults() {
    if (!this.openid) return;
    const name = (one) => KINDS.find(([kind]) => kind === one.kind)?.[1] || (KINDS.find(([, text]) => text.endsWith(` ${one.code}`))?.[1] ?? `错误码 ${one.code}`);
    this.faults.replaceChildren(
      ...this.world.faults.map((one) =>
        h(
          "li",
          {},
          h("span", {}, `${name(one)} · ${PATHS.find(([path]) => path === one.path)?.[1] || one.path} · ${one.left === null ? "一直" : `还有 ${one.left} 次`}`),
          h("button", { class: "x", "aria-label": "关掉这个故障", onclick: () => attempt(() => call(`/sim/faults?id=${one.id}`, undefined, "DELETE")) }, "×"),
        ),
      ),
    );
  }

  reload() {
    this.seen = 0;
    this.traffic.replaceChildren();
    this.load();
  }

  async load() {
    if (!this.openid || this.busy) return;
    this.busy = true;
    const whom = this.onlyThis ? `&openid=${encodeURIComponent(this.openid)}` : "";
    const found = await get(`/sim/traffic?limit=40&after=${this.seen}${whom}`).catch(() => null);
    this.busy = false;
    for (const one of found?.traffic || []) {
      this.traffic.prepend(this.exchange(one));
      this.seen = one.id;
    }
    while (this.traffic.childElementCount > 60) this.traffic.lastElementChild.remove();
    if (this.seen === 0 && !this.traffic.childElementCount) this.traffic.append(h("p", { class: "quiet" }, "还没有往来"));
    else this.traffic.querySelector(".quiet")?.remove();
  }

  exchange(one) {
    const bad = one.way === "push" ? one.status !== 200 : /"errcode":(?!0[,}])/.test(one.answer);
    const path = one.way === "push" ? `推送 ${one.note}` : one.request.replace(/\?.*$/, "").replace(/^(\w+) \/(cgi-bin\/)?/, "$1 ");
    return h(
      "details",
      { class: `exchange ${one.way} ${bad ? "bad" : ""}` },
      h("summary", {}, h("span", { class: "way" }, one.way === "push" ? "推" : "收"), h("span", { class: "path" }, path), h("span", { class: "ms" }, `${one.ms} ms`)),
      h("pre", {}, `${one.request}\n\n${pretty(one.body)}`),
      h("pre", { class: "answer" }, `${one.way === "push" ? `HTTP ${one.status || "没有回答"}\n\n` : ""}${pretty(one.answer)}${one.way === "api" && one.note ? `\n\n${one.note}` : ""}`),
    );
  }
}

function pretty(text) {
  if (text.startsWith("{")) {
    try {
      return JSON.stringify(JSON.parse(text), null, 2);
    } catch {
      return text;
    }
  }
  return text.replace(/></g, ">\n<");
}
