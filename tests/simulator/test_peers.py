"""Programs that none of us wrote talk to the simulator: co-wechat-api, co-wechat, wechat-crypto and Tencent's @wecom/crypto."""

import asyncio
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from required import require
from simulated import KEY, simulated

from bot.simulator import xml
from bot.simulator.app import Template

PEERS = Path(__file__).parent / "peers"
APPID = "wx0000000000000000"
pytestmark = [pytest.mark.node, pytest.mark.timeout(300)]


@pytest.fixture(scope="session")
def peers():
    """A folder with the peers installed from their lock file; kept between runs, made anew when the lock file changes."""
    if not shutil.which("node") or not shutil.which("npm"):
        require("node", "node and npm are not installed")
    lock = (PEERS / "package-lock.json").read_bytes()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "suifang"
    folder = cache / f"peers-{hashlib.sha256(lock).hexdigest()[:16]}"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if not (folder / "installed").exists():
            for name in ("package.json", "package-lock.json"):
                shutil.copy(PEERS / name, folder / name)
            command = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=240, check=False)
            if done.returncode:
                require("node", f"npm ci failed: {done.stderr.strip()[-300:]}")
            (folder / "installed").touch()
    return folder


async def start(peers, script, *arguments):
    """A peer's process: the scripts stay beside the tests, the packages in the cache."""
    return await asyncio.create_subprocess_exec(
        "node",
        str(PEERS / script),
        *arguments,
        env={**os.environ, "NODE_PATH": str(peers / "node_modules"), "NODE_NO_WARNINGS": "1"},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def run(peers, script, *arguments, given=""):
    process = await start(peers, script, *arguments)
    out, trouble = await asyncio.wait_for(process.communicate(given.encode()), 60)
    assert process.returncode == 0, trouble.decode()
    return json.loads(out)


async def test_co_wechat_api_drives_the_api(peers):
    card = Template("T1", "随访提醒", "科室：{{thing1.DATA}}\n时间：{{time2.DATA}}")
    async with simulated(templates=(card,)) as world:
        openid = await world.phone()
        seen = await run(peers, "api.js", world.base, openid)
        refused = {"shut": 45015, "unknown": 40003, "sixth": 45047, "tooLong": 47003, "noMenu": 46003}
        assert {name: seen[name] for name in refused} == refused
        for name in ("text", "afterKill", "news", "image", "fifth", "template", "created"):
            assert seen[name]["errcode"] == 0
        assert world.platform.tokens.issued == 3, "one token at first, one after each spoiling"
        assert seen["sameBytes"] is True
        assert (seen["code"]["expire_seconds"], bool(seen["code"]["ticket"])) == (600, True)
        assert (seen["user"]["subscribe"], seen["user"]["openid"]) == (1, openid)
        assert seen["followers"]["data"]["openid"] == [openid]
        assert seen["menu"]["menu"]["button"][0]["key"] == "FOLLOWUP"
        assert seen["addresses"]
        shown = [one.get("text") or one["kind"] for one in await world.bubbles(openid) if one["side"] == "account"]
        assert shown == ["收到：在吗", "您好，今天体温多少度？😀", "令牌换过了", "news", "image", "第五条", "template"]


@pytest.mark.parametrize("mode", ["plain", "compatible", "safe"])
async def test_co_wechat_receives_pushes_and_its_replies_are_shown(peers, mode):
    key = "" if mode == "plain" else KEY
    process = await start(peers, "webhook.js", "sim-token", APPID, *([key] if key else []))
    try:
        port = int(await asyncio.wait_for(process.stdout.readline(), 30))
        async with simulated(callback_url=f"http://127.0.0.1:{port}/", mode=mode, aes_key=key) as world:
            assert await world.sim("verify") == {"verified": True}
            openid = await world.phone(follows=False)
            followed = await world.act(openid, "scan", scene="e-1")
            said = await world.act(openid, "text", text="伤口😀 <有点> & 痒")
            await world.act(openid, "text", text="图文")
            assert followed["outcome"] == "empty"
            assert (said["outcome"], said["text"]) == ("answered", "收到：伤口😀 <有点> & 痒")
            assert (await world.bubbles(openid))[-1]["articles"][0]["title"] == "复查须知"
            event, message = [json.loads(await process.stdout.readline()) for _ in range(2)]
            assert (event["Event"], event["EventKey"], event["FromUserName"]) == ("subscribe", "qrscene_e-1", openid)
            assert message["Content"] == "伤口😀 <有点> & 痒"
    finally:
        process.stdin.close()
        await asyncio.wait_for(process.wait(), 20)


async def test_a_wrong_key_or_token_is_noticed_by_both_sides(peers):
    process = await start(peers, "webhook.js", "other-token", APPID)
    try:
        port = int(await asyncio.wait_for(process.stdout.readline(), 30))
        async with simulated(callback_url=f"http://127.0.0.1:{port}/") as world:
            assert await world.sim("verify") == {"verified": False}
            told = await world.act(await world.phone(), "text", text="在吗")
            assert (told["outcome"], told["reason"]) == ("malformed", "HTTP 401")
    finally:
        process.stdin.close()
        await asyncio.wait_for(process.wait(), 20)


async def test_two_crypto_libraries_open_an_encrypted_push(peers):
    async with simulated(mode="safe", aes_key=KEY) as world:
        openid = await world.phone()
        world.webhook.answers = ["success"]
        await world.act(openid, "text", text="伤口渗液😀")
        encrypt, query = world.webhook.pushes[0]["Encrypt"], world.webhook.queries[0]
        given = {"token": "sim-token", "key": KEY, "encrypt": encrypt, "timestamp": query["timestamp"], "nonce": query["nonce"]}
        seen = await run(peers, "open.js", given=json.dumps({**given, "appid": APPID}))
        for library in ("community", "tencent"):
            opened = seen[library]
            assert (opened["id"], opened["signature"]) == (APPID, query["msg_signature"])
            fields = xml.read(opened["message"])
            assert (fields["Content"], fields["FromUserName"]) == ("伤口渗液😀", openid)
