// Opens an encrypted push with wechat-crypto and with Tencent's own @wecom/crypto. stdin: {token, key, appid, timestamp, nonce, encrypt}.
"use strict";
const WXBizMsgCrypt = require("wechat-crypto");
const tencent = require("@wecom/crypto");

const given = JSON.parse(require("fs").readFileSync(0, "utf8"));
const cryptor = new WXBizMsgCrypt(given.token, given.key, given.appid);
const opened = tencent.decrypt(given.key, given.encrypt);
process.stdout.write(
  JSON.stringify({
    community: { ...cryptor.decrypt(given.encrypt), signature: cryptor.getSignature(given.timestamp, given.nonce, given.encrypt) },
    tencent: { message: opened.message, id: opened.id, signature: tencent.getSignature(given.token, given.timestamp, given.nonce, given.encrypt) },
  }),
);
