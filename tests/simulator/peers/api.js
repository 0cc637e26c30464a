// Drives the simulator's API with co-wechat-api, an independent client. argv: address, openid. Prints one JSON object.
"use strict";
const API = require("co-wechat-api");

const PHOTO = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mPM6PlXDwAFaAJkMa2YlAAAAABJRU5ErkJggg==";
const CARD = { thing1: { value: "骨科随访" }, time2: { value: "2026-11-28 09:00" } };

async function main() {
  const [base, openid] = process.argv.slice(2);
  const api = new API("wx0000000000000000", "sim-secret");
  api.prefix = `${base}/cgi-bin/`;
  const refusal = (work) => work.then(() => 0, (error) => error.code);
  const control = (path, body) => fetch(`${base}/sim/${path}`, { method: "POST", body: JSON.stringify(body) });
  const seen = {};
  seen.shut = await refusal(api.sendText(openid, "窗口没开"));
  seen.unknown = await refusal(api.sendText("nobody", "查无此人"));
  await control(`phones/${openid}/text?wait=1`, { text: "在吗" });
  seen.text = await api.sendText(openid, "您好，今天体温多少度？😀");
  await control("tokens", { what: "kill" });
  seen.afterKill = await api.sendText(openid, "令牌换过了");
  await control("tokens", { what: "expire" });
  seen.news = await api.sendNews(openid, [{ title: "复查须知", description: "带好资料", url: "https://example.org", picurl: "" }]);
  const photo = Buffer.from(PHOTO, "base64");
  seen.media = await api.uploadMedia(photo, "image", "photo.png", "image/png");
  seen.image = await api.sendImage(openid, seen.media.media_id);
  seen.sameBytes = photo.equals(await api.getMedia(seen.media.media_id));
  seen.fifth = await api.sendText(openid, "第五条");
  seen.sixth = await refusal(api.sendText(openid, "第六条"));
  seen.template = await api.sendTemplate(openid, "T1", "https://example.org/x", "", CARD);
  seen.tooLong = await refusal(api.sendTemplate(openid, "T1", "", "", { ...CARD, thing1: { value: "长".repeat(21) } }));
  seen.code = await api.createTmpQRCode(12345, 600);
  seen.user = await api.getUser(openid);
  seen.followers = await api.getFollowers();
  seen.created = await api.createMenu({ button: [{ type: "click", name: "我的随访", key: "FOLLOWUP" }] });
  seen.menu = await api.getMenu();
  await api.removeMenu();
  seen.noMenu = await refusal(api.getMenu());
  seen.addresses = await api.getIp();
  seen.ticket = await api.getTicket("jsapi");
  process.stdout.write(JSON.stringify(seen));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
