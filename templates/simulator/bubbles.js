// What a chat shows: bubbles, cards, time lines.

import { chatTime, face, h, icon } from "./dom.js";

const GAP = 5 * 60e3;
const LINK = /<a\s+([^>]*)>(.*?)<\/a>/gis;

export function bubbleRows(bubbles, before, now, me, account, hands) {
  const rows = [];
  let last = before;
  for (const one of bubbles) {
    const at = new Date(one.at);
    if (!last || at - last > GAP) rows.push(h("div", { class: "timeline", "data-at": one.at }, chatTime(at, now)));
    last = at;
    rows.push(row(one, me, account, hands));
  }
  return { rows, last };
}

// Time lines say "昨天" once the clock has moved on.
export function retime(chat, now) {
  for (const line of chat.querySelectorAll(".timeline")) line.textContent = chatTime(new Date(line.dataset.at), now);
}

function row(one, me, account, hands) {
  if (one.side === "notice") return h("div", { class: `notice ${one.fault ? "notice-bad" : ""}` }, one.text);
  if (one.kind === "template") return card(one, hands);
  const mine = one.side === "me";
  const inner = content(one, hands);
  const hospital = h("span", { class: "face account", "aria-hidden": "true" });
  return h(
    "div",
    { class: `row ${mine ? "mine" : "theirs"}`, "data-kind": one.kind, "data-id": one.id },
    mine ? face(me) : hospital,
    inner,
  );
}

function content(one, hands) {
  if (one.kind === "text") return h("div", { class: "bubble" }, one.side === "me" ? one.text : withLinks(one.text, hands));
  if (one.kind === "image") {
    const source = one.url || (one.media_id ? `/sim/media/${one.media_id}` : "");
    return h("a", { class: "picture", href: source, target: "_blank", rel: "noopener" }, h("img", { src: source, alt: "照片" }));
  }
  if (one.kind === "voice") return h("div", { class: "bubble voice" }, icon("sound"), `${one.seconds || 3}″`);
  if (one.kind === "location") {
    return h("div", { class: "place" }, h("b", {}, one.text), h("span", { class: "map", "aria-hidden": "true" }));
  }
  if (one.kind === "news") return news(one.articles[0], hands);
  if (one.kind === "menu") return menu(one, hands);
  if (one.kind === "link") return h("div", { class: "bubble" }, `${one.title}\n${one.url}`);
  return h("div", { class: "bubble" }, one.text || "[消息]");
}

function menu(one, hands) {
  const options = one.options.map((option) =>
    h("button", { class: "option", "data-option": option.id, onclick: () => hands.tap(one.id, option.id) }, option.content),
  );
  return h("div", { class: "bubble" }, one.head ? h("p", {}, one.head) : null, options, one.tail ? h("p", {}, one.tail) : null);
}

function news(article, hands) {
  return h(
    "button",
    { class: "article", onclick: () => hands.open(article.url) },
    h("b", {}, article.title),
    article.picurl ? h("img", { src: article.picurl, alt: "" }) : null,
    article.description ? h("span", {}, article.description) : null,
  );
}

function card(one, hands) {
  const lines = one.rows.map((row) =>
    h("div", { class: "card-row" }, row.label ? h("dt", {}, row.label) : null, h("dd", {}, row.value)),
  );
  const jump = one.url || one.mini;
  return h(
    jump ? "button" : "div",
    { class: "card", "data-id": one.id, onclick: jump ? () => hands.open(one.url) : null },
    one.service ? h("small", {}, "服务通知") : null,
    h("b", { class: "card-title" }, one.title),
    h("dl", {}, lines),
    jump ? h("span", { class: "card-more" }, "查看详情") : null,
  );
}

// Links as WeChat allows them in texts; weixin://bizmsgmenu links act like a tapped option.
function withLinks(text, hands) {
  const nodes = [];
  let end = 0;
  for (const match of text.matchAll(LINK)) {
    nodes.push(text.slice(end, match.index));
    end = match.index + match[0].length;
    const href = /href\s*=\s*["']([^"']*)["']/i.exec(match[1])?.[1] || "";
    nodes.push(h("button", { class: "link", onclick: () => follow(href, hands) }, match[2]));
  }
  nodes.push(...bare(text.slice(end), hands));
  return nodes;
}

function bare(text, hands) {
  const found = [];
  for (const piece of text.split(/(https?:\/\/[\x21-\x7e]+)/)) {
    if (/^https?:/.test(piece)) found.push(h("button", { class: "link", onclick: () => hands.open(piece) }, piece));
    else found.push(piece);
  }
  return found;
}

function follow(href, hands) {
  if (!href.startsWith("weixin://bizmsgmenu")) return hands.open(href);
  const said = new URLSearchParams(href.split("?")[1] || "");
  return hands.tapLink(said.get("msgmenuid") || "", said.get("msgmenucontent") || "");
}
