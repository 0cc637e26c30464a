// Receives the simulator's pushes with co-wechat. argv: token, appid, AES key (or empty). Prints its port, then each message.
"use strict";
const Koa = require("koa");
const wechat = require("co-wechat");

const [token, appid, encodingAESKey] = process.argv.slice(2);
const app = new Koa();
app.use(
  wechat({ token, appid, encodingAESKey }).middleware(async (message) => {
    console.log(JSON.stringify(message));
    if (message.MsgType === "event") return "";
    if (message.Content === "图文") return [{ title: "复查须知", description: "带好资料", picurl: "", url: "https://example.org" }];
    return `收到：${message.Content}`;
  }),
);
const server = app.listen(0, "127.0.0.1", () => console.log(server.address().port));
process.stdin.on("end", () => process.exit(0)).resume();
