// One phone: its chat, its input, the things one can do with it.

import { attempt, call, clockText, dayText, face, get, h, icon } from "./dom.js";
import { bubbleRows, retime } from "./bubbles.js";

export class Phone {
  constructor(openid, world) {
    this.openid = openid;
    this.world = world;
    this.after = 0;
    this.last = null;
    this.loading = null;
    this.again = false;
    this.build();
  }

  get summary() {
    return this.world.phones.get(this.openid);
  }

  act(name, body = {}) {
    this.close();
    return attempt(() => call(`/sim/phones/${encodeURIComponent(this.openid)}/${name}`, body));
  }

  build() {
    const { name, code } = this.summary;
    this.chat = h("div", { class: "chat", role: "log", "aria-label": `${name}的聊天`, tabindex: "0" });
    this.input = h("textarea", { rows: "1", "aria-label": `${name}要说的话`, enterkeyhint: "send", autocomplete: "off" });
    this.input.addEventListener("input", () => this.grow());
    this.input.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        this.send();
      }
    });
    this.sendButton = h("button", { class: "send", hidden: true, onclick: () => this.send() }, "发送");
    this.plus = h("button", { class: "round plus", "aria-label": "更多", "aria-expanded": "false", onclick: () => this.more() }, "＋");
    this.menuSwitch = h("button", { class: "round menu-switch", "aria-label": "菜单", hidden: true, onclick: () => this.toggleMenu() }, "≡");
    this.menuRow = h("div", { class: "menu-row", hidden: true });
    this.drawer = h("div", { class: "drawer", hidden: true });
    this.foot = h("div", { class: "foot" }, this.menuSwitch, this.menuRow, this.input, this.sendButton, this.plus);
    this.title = h("span", { class: "title-name" }, this.world.account);
    this.pill = h("button", { class: "pill", title: "客服消息窗口和余量", onclick: () => this.world.select(this.openid) });
    this.welcome = h(
      "div",
      { class: "welcome", hidden: true },
      h("span", { class: "face account big", "aria-hidden": "true" }),
      h("b", {}, this.world.account),
      h("p", {}, "尚未关注"),
      code ? h("button", { class: "green", onclick: () => this.act("scan", { scene: code }) }, "扫出院小结上的二维码") : null,
      h("button", { class: code ? "plain" : "green", onclick: () => this.act("follow") }, "关注公众号"),
      h("button", { class: "plain", onclick: () => this.scan() }, "扫病区二维码"),
    );
    const dots = h("button", { class: "dots", "aria-label": `${name}的详情`, onclick: () => this.world.select(this.openid) }, icon("more"));
    this.el = h(
      "article",
      { class: "phone", "data-openid": this.openid, "aria-label": `${name}的手机` },
      h(
        "div",
        { class: "owner" },
        face(name, "small"),
        h("b", {}, name),
        this.pill,
        h("button", { class: "x only-wide", "aria-label": "收起这部手机", onclick: () => this.world.hide(this.openid) }, "×"),
      ),
      h("div", { class: "screen" }, h("div", { class: "title" }, h("span", { class: "back" }, "‹"), this.title, dots), this.chat, this.welcome, this.foot, this.drawer),
    );
    this.setMenu();
  }

  grow() {
    const said = this.input.value.trim();
    this.sendButton.hidden = !said;
    this.plus.hidden = Boolean(said);
    this.input.style.height = "auto";
    this.input.style.height = `${Math.min(this.input.scrollHeight, 96)}px`;
  }

  async send() {
    const text = this.input.value.trim();
    if (!text) return;
    this.input.value = "";
    this.grow();
    if (!(await this.act("text", { text }))) {
      this.input.value = text;
      this.grow();
    }
  }

  // ── drawer: quick things ──

  more() {
    if (!this.drawer.hidden) return this.close();
    const photo = h("input", { type: "file", accept: "image/png,image/jpeg", class: "hidden-file", "aria-label": "选照片" });
    photo.addEventListener("change", () => photo.files[0] && this.photo(photo.files[0]));
    const tile = (name, label, work) => h("button", { class: "tile", onclick: work }, h("i", {}, icon(name)), h("span", {}, label));
    this.open(
      h(
        "div",
        { class: "tiles" },
        tile("photo", "发照片", () => photo.click()),
        tile("sample", "示例照片", () => this.act("image", { data: samplePhoto(this.world.now()) })),
        tile("scan", "扫二维码", () => this.scan()),
        tile("voice", "语音", () => this.act("voice")),
        tile("place", "位置", () => this.act("location")),
        tile("sticker", "表情", () => this.act("sticker")),
        tile("bell", "订阅通知", () => this.subscribe()),
        this.summary.follows ? tile("leave", "取消关注", () => this.act("unfollow")) : tile("join", "关注", () => this.act("follow")),
      ),
      photo,
    );
  }

  open(...content) {
    this.drawer.replaceChildren(...content);
    this.drawer.hidden = false;
    this.plus.setAttribute("aria-expanded", "true");
    this.down();
  }

  close() {
    this.drawer.hidden = true;
    this.plus.setAttribute("aria-expanded", "false");
  }

  async photo(file) {
    const data = await new Promise((resolve) => {
      const reader = new FileReader();
      reader.onload = () => resolve(String(reader.result).split(",")[1] || "");
      reader.readAsDataURL(file);
    });
    this.act("image", { data });
  }

  async scan() {
    const state = await attempt(() => get("/sim/scenes"));
    if (!state) return;
    const field = h("input", { type: "text", placeholder: "二维码里的文字", "aria-label": "二维码里的文字", autocomplete: "off" });
    const go = () => field.value.trim() && this.act("scan", { scene: field.value.trim() });
    field.addEventListener("keydown", (event) => event.key === "Enter" && !event.isComposing && go());
    const choice = (label, scene, note) =>
      h("button", { class: "choice", "data-scene": scene, onclick: () => this.act("scan", { scene }) }, h("b", {}, label), note ? h("small", {}, note) : null);
    const choices = [];
    if (this.summary.code) choices.push(choice("出院小结上的二维码", this.summary.code, "本人"));
    for (const [label, scene] of Object.entries(state.wards)) choices.push(choice(label, scene, "病区"));
    for (const scene of state.recent) choices.push(choice(scene, scene, "最近"));
    this.open(
      h(
        "div",
        { class: "sheet" },
        h("div", { class: "sheet-top" }, h("b", {}, "扫哪个二维码？"), h("button", { class: "x", "aria-label": "关闭", onclick: () => this.close() }, "×")),
        h("div", { class: "choices" }, choices),
        h("div", { class: "field" }, field, h("button", { class: "green", onclick: go }, "扫一扫")),
      ),
    );
    field.focus();
  }

  subscribe() {
    const field = h("input", { type: "text", placeholder: "订阅模板 id", "aria-label": "订阅模板 id", autocomplete: "off" });
    const say = (status) => field.value.trim() && this.act("subscribe", { template_id: field.value.trim(), status });
    this.open(
      h(
        "div",
        { class: "sheet" },
        h("div", { class: "sheet-top" }, h("b", {}, "允许发送一次订阅通知？"), h("button", { class: "x", "aria-label": "关闭", onclick: () => this.close() }, "×")),
        h("div", { class: "field" }, field),
        h("div", { class: "field" }, h("button", { class: "plain", onclick: () => say("reject") }, "拒绝"), h("button", { class: "green", onclick: () => say("accept") }, "允许")),
      ),
    );
    field.focus();
  }

  // ── the account's menu ──

  setMenu() {
    const buttons = this.world.menu?.button || [];
    this.menuSwitch.hidden = !buttons.length;
    if (!buttons.length) this.showMenu(false);
    this.menuRow.replaceChildren(
      ...buttons.map((one) =>
        h("button", { onclick: () => (one.sub_button?.length ? this.subMenu(one) : this.press(one)) }, one.sub_button?.length ? `≡ ${one.name}` : one.name),
      ),
    );
  }

  toggleMenu() {
    this.showMenu(this.menuRow.hidden);
  }

  showMenu(on) {
    this.menuRow.hidden = !on;
    this.input.hidden = on;
    this.plus.hidden = on;
    this.menuSwitch.textContent = on ? "⌨" : "≡";
    if (!on) this.grow();
  }

  subMenu(top) {
    this.open(h("div", { class: "choices" }, top.sub_button.map((one) => h("button", { class: "choice", onclick: () => this.press(one) }, one.name))));
  }

  async press(button) {
    await this.act("menu", { name: button.name });
    if (button.type === "view") this.visit(button.url);
  }

  visit(url) {
    if (!/^https?:/.test(url || "")) return;
    window.open(`/sim/open?${new URLSearchParams({ openid: this.openid, url })}`, "_blank", "noopener");
  }

  // ── showing ──

  async refresh() {
    if (this.loading) {
      this.again = true;
      return;
    }
    this.loading = true;
    try {
      const seen = this.world.isSeen(this.openid) ? "&seen=1" : "";
      const found = await get(`/sim/phones/${encodeURIComponent(this.openid)}?after=${this.after}${seen}`);
      this.world.phones.set(this.openid, found.phone);
      this.draw(found.bubbles);
    } catch {
      // the stream tells when we are back
    } finally {
      this.loading = false;
      if (this.again) {
        this.again = false;
        this.refresh();
      }
    }
  }

  draw(bubbles) {
    const fresh = bubbles.filter((one) => one.id > this.after);
    if (fresh.length) {
      const atEnd = this.chat.scrollHeight - this.chat.scrollTop - this.chat.clientHeight < 80;
      const hands = {
        tap: (bubble, option) => this.act("tap", { bubble, option }),
        tapLink: (id, content) => this.act("tap", { id, content }),
        open: (url) => this.visit(url),
      };
      const { rows, last } = bubbleRows(fresh, this.last, this.world.now(), this.summary.name, this.world.account, hands);
      const first = this.after === 0;
      this.chat.append(...rows);
      this.after = fresh[fresh.length - 1].id;
      this.last = last;
      if (first || atEnd || fresh.some((one) => one.side === "me")) this.down();
    }
    this.mark();
  }

  retime() {
    retime(this.chat, this.world.now());
  }

  down() {
    requestAnimationFrame(() => (this.chat.scrollTop = this.chat.scrollHeight));
  }

  mark() {
    const one = this.summary;
    const until = one.window_until && new Date(one.window_until);
    const open = until && until > this.world.now();
    this.pill.textContent = open ? `可发 ${one.left}/${one.quota}` : "窗口已关";
    this.pill.classList.toggle("shut", !open);
    this.pill.hidden = !one.follows;
    this.title.textContent = one.typing ? "对方正在输入…" : this.world.account;
    const stranger = !one.follows && this.after === 0;
    this.welcome.hidden = !stranger;
    this.chat.hidden = stranger;
    this.foot.hidden = stranger;
    this.input.disabled = !one.follows;
    this.input.placeholder = one.follows ? "" : "已取消关注";
    this.el.classList.toggle("chosen", this.world.chosen === this.openid);
  }
}

// A drawn stand-in for a photo taken with the phone, as base64 JPEG.
function samplePhoto(now) {
  const canvas = h("canvas", { width: "480", height: "360" });
  const brush = canvas.getContext("2d");
  const sky = brush.createLinearGradient(0, 0, 480, 360);
  sky.addColorStop(0, "#cfe6dc");
  sky.addColorStop(1, "#8fb9c9");
  brush.fillStyle = sky;
  brush.fillRect(0, 0, 480, 360);
  brush.fillStyle = "#f6f2ea";
  brush.fillRect(120, 110, 240, 140);
  brush.fillStyle = "#40555f";
  brush.textAlign = "center";
  brush.font = "600 34px sans-serif";
  brush.fillText("示例照片", 240, 175);
  brush.font = "20px sans-serif";
  brush.fillText(`${dayText(now)} ${clockText(now)}`, 240, 215, 220);
  return canvas.toDataURL("image/jpeg", 0.8).split(",")[1];
}
